/**
 * One table of every error code that leaves the program: in HTTP bodies, MQTT reasons, `--json` output and logs.
 * A code is stable and never reused. `http` is the status an HTTP route answers with; `docs/errors.md` lists the
 * same codes, which a test checks.
 */
export const errorCodes = {
  // Files and models
  file_not_found: { http: 404, summary: 'A file or folder that was named does not exist.' },
  file_unreadable: { http: 500, summary: 'A file exists but cannot be read or written.' },
  onnx_malformed: { http: 422, summary: 'The file is not an ONNX model, or is cut short.' },
  onnx_unsupported: {
    http: 422,
    summary: 'An ONNX model uses a version, type or layout that is not supported.',
  },
  op_unsupported: { http: 422, summary: 'An operator is not supported by the engine or pass that met it.' },
  shape_mismatch: { http: 422, summary: "A tensor's shape is not the one that was expected." },
  weights_not_finite: { http: 422, summary: 'A weight is NaN or infinite.' },
  manifest_invalid: {
    http: 422,
    summary: 'A manifest is not valid JSON or has a wrong, missing or unknown key.',
  },
  manifest_digest_mismatch: {
    http: 422,
    summary: "A model file's size or SHA-256 is not the one its manifest names.",
  },
  manifest_model_mismatch: { http: 422, summary: 'A manifest does not fit the graph that it describes.' },
  manifest_incomplete: {
    http: 422,
    summary: 'A key that the model file cannot tell has to be given.',
  },
  model_unrecognized: { http: 422, summary: 'A model is of no known family of detectors.' },
  model_task_unsupported: {
    http: 422,
    summary: 'A model is for another task than detection, such as segmentation.',
  },
  model_not_found: { http: 404, summary: 'No model of that name or digest is in the store.' },
  model_in_use: { http: 409, summary: 'The model is active or the fallback and cannot be removed.' },
  // Images and frames
  image_undecodable: { http: 422, summary: 'The bytes are not an image that can be decoded.' },
  image_type_unsupported: {
    http: 415,
    summary: 'The type of the body is not an image type that is accepted.',
  },
  image_too_large: { http: 413, summary: 'The image has more pixels than the limit.' },
  frames_missing: {
    http: 422,
    summary: 'A folder or source holds no usable frame, or fewer than are needed.',
  },
  camera_unavailable: { http: 503, summary: 'The frame source cannot be opened or stopped delivering.' },
  ffmpeg_missing: { http: 503, summary: 'A video source needs the program ffmpeg, which is not installed.' },
  annotations_invalid: { http: 422, summary: 'An annotation file is not COCO detection ground truth.' },
  // Engines
  engine_unknown: { http: 422, summary: 'No engine has that name.' },
  engine_unavailable: { http: 503, summary: 'The engine does not work on this machine.' },
  engine_load_failed: { http: 500, summary: 'The engine refused the graph.' },
  engine_run_failed: { http: 500, summary: 'The engine failed while it ran the graph.' },
  worker_died: {
    http: 503,
    summary: 'The browser in which an engine runs died or hung; the next run starts it again.',
  },
  engine_library_invalid: {
    http: 422,
    summary: "A file is not the engine's library, or not of the release that this program is made for.",
  },
  pip_missing: { http: 503, summary: "Fetching an engine's library needs pip, which is not installed." },
  download_failed: { http: 502, summary: "An engine's library could not be fetched." },
  session_disposed: { http: 500, summary: 'A session was used after it was disposed of.' },
  // Quantization
  bits_out_of_range: { http: 422, summary: 'A bit width is not a whole number from 2 to 8.' },
  not_quantizable: { http: 422, summary: 'The graph has no convolution, or nothing left to quantize.' },
  activations_not_finite: { http: 422, summary: 'A calibration frame gave NaN or infinite activations.' },
  checkpoint_mismatch: {
    http: 409,
    summary: 'A checkpoint belongs to another model, seed, recipe or version.',
  },
  out_of_memory: { http: 507, summary: 'The search took more memory than it was allowed.' },
  aborted: { http: 409, summary: 'The work was cancelled.' },
  // Serving
  no_model: { http: 503, summary: 'No model is loaded yet.' },
  queue_full: { http: 503, summary: 'More work is waiting than the bound allows.' },
  deadline_exceeded: { http: 503, summary: 'The request waited longer than its deadline.' },
  shutting_down: { http: 503, summary: 'The agent is stopping and takes no new work.' },
  swap_check_failed: {
    http: 409,
    summary: "The new model's outputs differ from those recorded, so it was not put in service.",
  },
  nothing_to_roll_back: { http: 409, summary: 'There is no previous model to go back to.' },
  // HTTP
  bad_request: { http: 400, summary: 'The request is malformed.' },
  body_too_large: { http: 413, summary: 'The body is longer than the limit.' },
  not_found: { http: 404, summary: 'No such route or object.' },
  method_not_allowed: { http: 405, summary: 'The route exists, but not for this method.' },
  internal: { http: 500, summary: 'An error that nobody foresaw; the log has its cause.' },
  // Agent
  config_invalid: { http: 500, summary: 'The configuration has a wrong, missing or unknown key.' },
  port_in_use: { http: 500, summary: 'An address to listen on is taken by another process.' },
  state_corrupt: { http: 500, summary: 'A state file cannot be read; the fallback is named in the message.' },
  state_locked: { http: 409, summary: 'Another agent runs on the same state folder.' },
  disk_full: { http: 507, summary: 'There is no space left to write to.' },
  broker_unreachable: { http: 503, summary: 'The MQTT broker does not answer.' },
  usage: { http: 400, summary: 'The command line is wrong.' },
  // Jobs
  command_malformed: { http: 400, summary: 'A job command is not valid JSON of the expected form.' },
  command_unknown: { http: 400, summary: 'A job command or kind is not known to this agent.' },
  command_retained: { http: 400, summary: 'A job command was retained by the broker and is ignored.' },
  command_untrusted: {
    http: 403,
    summary: 'An unsigned command came over a broker other than the embedded one on loopback.',
  },
  job_not_found: { http: 404, summary: 'No job has that id.' },
  job_interrupted: {
    http: 500,
    summary: 'The agent ended while the job ran, in a step that is not done again, or too often.',
  },
  step_timeout: { http: 504, summary: 'A step of a job took longer than its deadline.' },
  child_failed: {
    http: 500,
    summary: 'The child process that searched or evaluated ended without a result.',
  },
  gate_agreement: {
    http: 409,
    summary: 'The candidate agrees less with the float model than the gate asks.',
  },
  gate_detections: {
    http: 409,
    summary: 'The float model finds too little on the frames to judge the candidate by.',
  },
  gate_latency: { http: 409, summary: 'The candidate is slower than the gate allows.' },
} as const satisfies Record<string, { readonly http: number; readonly summary: string }>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetail {
  readonly expected?: unknown;
  readonly got?: unknown;
  /** File, key, node, topic or route that the error is about. */
  readonly where?: string;
  /** The command that mends it, where there is one. */
  readonly mend?: string;
  readonly [key: string]: unknown;
}

export interface AgentErrorOptions extends ErrorOptions {
  readonly detail?: ErrorDetail;
}

/** The one error that this project throws. `message` says what was expected, what was got and where. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, message: string, options: AgentErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.detail = options.detail ?? {};
  }

  get httpStatus(): number {
    return errorCodes[this.code].http;
  }

  /** The form in HTTP bodies, MQTT reasons and `--json` output. Never holds a stack trace. */
  toJSON(): { code: ErrorCode; message: string; detail: ErrorDetail } {
    return { code: this.code, message: this.message, detail: this.detail };
  }
}

/** Returns `error` itself when it is an AgentError, else one with code `internal` and the original as cause. */
export function toAgentError(error: unknown): AgentError {
  if (error instanceof AgentError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AgentError('internal', message, { cause: error });
}

const refusals: ReadonlySet<ErrorCode> = new Set([
  'op_unsupported',
  'engine_load_failed',
  'engine_unavailable',
]);

/** Whether an engine did not load a graph for a reason of its own: another one may run it. */
export function isRefusal(error: unknown): error is AgentError {
  return error instanceof AgentError && refusals.has(error.code);
}
