import { z } from 'zod';
import { recipes } from '../../calibrate/detptq/recipe.js';

/** What a key means to a reader; emitted into the JSON Schema and checked against `docs/config.md`. */
interface KeyDoc {
  readonly description: string;
  /** Of a number, where it has one. */
  readonly unit?: string;
}

// No key is applied to a running agent yet, so each says so; a key that becomes live drops its mark.
const key = <T extends z.ZodType>(type: T, doc: KeyDoc): T => type.meta({ ...doc, requiresRestart: true });

const port = z.int().min(0).max(65_535);
const seconds = { unit: 's' } as const;
const bits = z.int().min(2).max(8);
const ratio = z.number().min(0).max(1);

/** `[A-Za-z0-9_-]{1,64}`, the rule for every segment of a topic. */
export const topicSegment = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-"');

const http = z.strictObject({
  host: key(z.string().min(1).default('127.0.0.1'), {
    description: 'Address that the HTTP server listens on.',
  }),
  port: key(port.default(8080), { description: 'Port of the HTTP server; 0 takes a free one.' }),
  maxBodyBytes: key(z.int().min(1024).max(1e9).default(20_000_000), {
    description: 'Longest request body; a longer one gets 413.',
    unit: 'B',
  }),
  maxPixels: key(z.int().min(1).max(1e9).default(50_000_000), {
    description: 'Most pixels of a decoded image; checked before decoding.',
    unit: 'pixel',
  }),
  requestDeadlineS: key(z.number().positive().max(3600).default(10), {
    description: 'Longest wait of a request in the queue, where the request names none.',
    ...seconds,
  }),
  drainTimeoutS: key(z.number().min(0).max(600).default(10), {
    description: 'Longest time that a stop or a swap waits for requests in flight.',
    ...seconds,
  }),
});

const mqtt = z.strictObject({
  broker: key(
    z
      .string()
      .regex(
        /^(embedded|(mqtt|mqtts|ws|wss):\/\/.+)$/,
        'must be "embedded" or a mqtt://, mqtts://, ws:// or wss:// URL',
      )
      .default('embedded'),
    { description: '"embedded" runs a broker in the agent; a URL connects to that one.' },
  ),
  embeddedHost: key(z.string().min(1).default('127.0.0.1'), {
    description: 'Address of the embedded broker. Job commands are taken on loopback only.',
  }),
  embeddedPort: key(port.default(1883), { description: 'Port of the embedded broker; 0 takes a free one.' }),
  base: key(topicSegment.default('detptq'), { description: 'First segment of every topic.' }),
  group: key(topicSegment.default('default'), { description: 'Group of devices that this one belongs to.' }),
  device: key(topicSegment.optional(), {
    description: 'Name of this device in topics and as client id; by default the host name.',
  }),
  usernameFile: key(z.string().min(1).optional(), { description: "File that holds the broker's user name." }),
  passwordFile: key(z.string().min(1).optional(), { description: "File that holds the broker's password." }),
  keepAliveS: key(z.int().min(5).max(3600).default(30), {
    description: 'Longest silence before the client pings the broker.',
    ...seconds,
  }),
});

const model = z.strictObject({
  path: key(z.string().min(1).optional(), {
    description:
      'Float detector: manifest, model folder or name in the store. By default that of the demo, unless camera.source is a real camera: then the agent starts, and is not ready.',
  }),
});

const camera = z.strictObject({
  source: key(z.string().min(1).optional(), {
    description:
      'Where frames come from: a folder of images, a video file, or a synthetic camera such as synthetic:hall. Calibration needs it. By default synthetic:hall?seed=1 with the demo detector, else none.',
  }),
  fps: key(z.number().positive().max(120).optional(), {
    description: 'Frames taken from a video per second; by default as many as it has.',
    unit: '1/s',
  }),
});

const engineName = z.string().min(1);

const engines = z.strictObject({
  chromium: key(z.string().min(1).optional(), {
    description:
      "Path of the Chromium that tfjs-webgl, webgpu and webnn run in; by default the system's, else Playwright's.",
  }),
});

const inference = z.strictObject({
  engine: key(engineName.default('auto'), {
    description:
      'Engine that serves; "auto" takes the one that "detptq doctor" measured to be the fastest, else the first that works here.',
  }),
  quantizedEngine: key(engineName.optional(), {
    description: 'Engine that serves quantized models; by default as inference.engine says.',
  }),
  threads: key(z.union([z.literal('auto'), z.int().min(1).max(256)]).default('auto'), {
    description:
      'Threads of one inference; "auto" takes as many as "detptq doctor" measured to serve best under this load, else the cores divided by inference.concurrency, 4 at most.',
  }),
  concurrency: key(z.int().min(1).max(256).default(2), {
    description: 'Requests that are worked on at the same time.',
  }),
  queueLength: key(z.int().min(0).max(10_000).default(16), {
    description: 'Requests that may wait beside those; one more gets 503.',
  }),
});

const gates = z.strictObject({
  detections: key(z.int().min(0).max(100_000).default(5), {
    description:
      'Least number of detections of the float detector, on held-out frames, to judge a candidate by.',
  }),
  agreementMap: key(ratio.default(0.7), {
    description: 'Least agreement mAP with the float detector, on held-out frames, for a swap.',
  }),
  latencyRatio: key(z.number().positive().max(100).default(1.2), {
    description: 'Most that the candidate may take of the median time of the detector in service.',
  }),
});

const stepSeconds = (defaultS: number, description: string) =>
  key(z.number().positive().max(604_800).default(defaultS), { description, ...seconds });

const deadlines = z.strictObject({
  validatingS: stepSeconds(60, 'Deadline of the step that checks the command.'),
  collectingS: stepSeconds(600, 'Deadline of the step that gathers frames.'),
  searchingS: stepSeconds(14_400, 'Deadline of the step that searches and quantizes.'),
  evaluatingS: stepSeconds(3_600, 'Deadline of the step that judges the candidate.'),
  warmingS: stepSeconds(300, 'Deadline of the step that loads and warms up the candidate.'),
  swappingS: stepSeconds(120, 'Deadline of the swap, the drain of the old detector included.'),
});

/** Also gives the parameters of a `calibrate` command their ranges. */
export const calibrationSchema = z.strictObject({
  engine: key(engineName.default('auto'), {
    description:
      'Engine that searches; "auto" takes the one that "detptq doctor" measured to be the fastest at it, else the first that works here. Layers are rebuilt on onnxruntime.',
  }),
  frames: key(z.int().min(1).max(4096).default(32), { description: 'Frames that the search sees.' }),
  heldOut: key(z.int().min(1).max(4096).default(32), {
    description: 'Further frames, on which the candidate is judged.',
  }),
  recipe: key(z.enum(recipes).default('balanced'), {
    description: 'How thoroughly to search.',
  }),
  weightBits: key(bits.default(8), { description: 'Bit width of weights.', unit: 'bit' }),
  activationBits: key(bits.default(8), {
    description: 'Bit width of activations; below 8 the result is simulated.',
    unit: 'bit',
  }),
  lowBitShare: key(ratio.default(1), {
    description: 'Smallest share of the layers below 8 bits that keep their bits; the others may get 8.',
  }),
  seed: key(z.int().min(0).max(0xffffffff).default(1), { description: 'Seed of the choice of frames.' }),
  soakS: key(z.number().min(0).max(86_400).default(5), {
    description: 'Time after a swap in which errors of inference roll it back.',
    ...seconds,
  }),
  queueLimit: key(z.int().min(0).max(1000).default(8), {
    description: 'Jobs that may wait; one more is rejected with queue_full.',
  }),
  maxMemoryMb: key(z.int().min(64).max(1_000_000).optional(), {
    description:
      'Memory of its own, without the pages of program files, beyond which a search is stopped. For one below 600 it holds less, below 540 nothing, down to 256 MB with a small detector, and writes the rest to files; by default it aims at half of the memory of the box or its cgroup, 256 at least and 600 at most, and has no limit.',
    unit: 'MB',
  }),
  keepModels: key(z.int().min(1).max(1000).default(4), {
    description: 'Newest quantized models that stay in the store; those in use stay anyway.',
  }),
  gates: gates.prefault({}),
  deadlines: deadlines.prefault({}),
});

const telemetry = z.strictObject({
  latencyWindowS: key(z.number().min(1).max(3600).default(60), {
    description: 'Length of the windows over which latency is reported.',
    ...seconds,
  }),
});

const log = z.strictObject({
  level: key(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), {
    description: 'Least severity that is logged.',
  }),
});

/** The one source of every key's type, default, unit, range and meaning. */
export const configSchema = z.strictObject({
  http: http.prefault({}),
  mqtt: mqtt.prefault({}),
  model: model.prefault({}),
  camera: camera.prefault({}),
  engines: engines.prefault({}),
  inference: inference.prefault({}),
  calibration: calibrationSchema.prefault({}),
  telemetry: telemetry.prefault({}),
  log: log.prefault({}),
});

type ParsedConfig = z.infer<typeof configSchema>;

/** The effective configuration, frozen; `mqtt.device` has its default. */
export type AgentConfig = Omit<ParsedConfig, 'mqtt'> & { mqtt: ParsedConfig['mqtt'] & { device: string } };
export type CalibrationConfig = AgentConfig['calibration'];
