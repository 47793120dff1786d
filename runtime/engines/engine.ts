import type { Graph } from '../graph/graph.js';
import type { DataType, Tensor } from '../graph/tensor.js';
import type { UnpackedOutput } from '../lowering/outputs/unpackedOutput.js';
import type { ImageCodes } from './imageCodes.js';
import type { ChosenForms, LoweringForms } from './loweringForms.js';

/** How an engine runs 8-bit integer arithmetic: really in integers, or as float arithmetic on quantized values. */
export type Int8Support = 'executed' | 'simulated';

export interface EngineProbe {
  readonly available: boolean;
  /** Why it is not available, and the command that mends it where there is one. */
  readonly reason?: string;
  /** What is to be known of an engine that is available: the device that it runs on, what slows it down. */
  readonly note?: string;
  /** Whether it runs on a GPU that the CPU imitates: right results, but far behind an engine made for the CPU. */
  readonly isImitated?: boolean;
  readonly version?: string;
}

export interface LoadOptions {
  /** Threads of one run; at least 1. Default 1. */
  readonly threads?: number;
  /**
   * `all` (default) fuses whatever the engine can, as serving and searching want. `none` runs the graph operator by
   * operator as it stands, for comparisons with it.
   */
  readonly optimization?: 'all' | 'none';
  /**
   * Whether a session may keep the memory that a run took, for its next run. Default: true. Without, it takes 10 to 25 MB
   * less of a small detector, and its runs as long.
   */
  readonly keepsMemory?: boolean;
  /**
   * Whether the session is fed the same tensors again and again, as a search does: one that runs elsewhere may keep copies of them
   * there until it is disposed of. Tensors are told apart by their `data`, which must not change. Default: false.
   */
  readonly keepsFeeds?: boolean;
  /**
   * `own` gives the session a thread, so that neither loading nor running holds up the caller's event loop, as serving
   * wants. Beside `caller` (default), where an engine may block the caller until it is done, it costs about 0.1 s of
   * loading, 20 MB, and for a 3x416x416 input 0.7 ms a run.
   */
  readonly thread?: 'caller' | 'own';
  /**
   * Lets the engine run a quantized graph in the integer form that is quickest here, as serving wants: the same network, whose
   * integer arithmetic rounds a little otherwise than the graph's quantizers one by one. Default: the graph as it stands.
   */
  readonly lowering?: LoweringOptions;
}

export interface LoweringOptions {
  /**
   * Where the engine keeps what it made of graphs for the next load; created where it is missing. A folder that cannot be
   * used is done without. Default: nothing is kept.
   */
  readonly cacheFolder?: string;
  /** By engine the forms that overrule what it would choose for this processor, see `LoweringForms`. Default: none. */
  readonly chosen?: Readonly<Record<string, ChosenForms>>;
}

export interface TensorInfo {
  readonly name: string;
  readonly dtype: DataType;
  /** Of an image that may also be given as codes, which saves the session quantizing it. */
  readonly codes?: ImageCodes;
  /** Of an output that runs give as an `OutputInPieces`. */
  readonly unpacked?: UnpackedOutput;
}

/** Tensors by name. */
export type TensorMap = Readonly<Record<string, Tensor>>;

export interface RunObserver {
  /**
   * Told, before the results are there, how many milliseconds the run itself took, its wait for other runs of the session
   * not included. A session whose runs never wait for each other need not tell: the caller's clock shows the same.
   */
  readonly onRan: (runMs: number) => void;
}

/** A loaded graph. Runs may overlap; the engine serialises them where it must. */
export interface Session {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** What became of the lowering that was allowed, or that the engine cannot do without, as a sentence; absent where none was. */
  readonly loweringNote?: string;
  /**
   * Runs the graph once and returns the named outputs (all of them by default); nothing else is computed for
   * the caller's sake. The tensors returned are the caller's.
   *
   * @throws AgentError `engine_run_failed`, with the engine's own message as cause; `worker_died` when the process that
   *   the engine runs in died, which the next run starts again
   */
  run(feeds: TensorMap, outputs?: readonly string[], observer?: RunObserver): Promise<TensorMap>;
  /**
   * Takes back what a run returned, all of it, as memory for runs to come: a run on fresh memory takes up to 1.07 times as long. Nobody reads
   * those tensors any more. Absent where it would spare nothing.
   */
  recycle?(results: TensorMap): void;
  /** Frees native memory, after the runs in flight. Idempotent; a later `run` fails with `session_disposed`. */
  dispose(): Promise<void>;
}

/** Something that runs any Graph. */
export interface Engine {
  readonly name: string;
  readonly int8: Int8Support;
  /** Whether the engine lives in a browser, which its probe has to start: that costs seconds. */
  readonly startsBrowser?: true;
  /** Whether it serves only: it does not run the parts of graphs, with quantizers here and there, that a search makes. */
  readonly servesOnly?: true;
  /** Whether each session runs on the threads that its load asked for; without, on one or on those that the process began with. */
  readonly takesThreads?: true;
  /** What it takes beside the models, in bytes, where that is more than every box can spare. */
  readonly ownMemoryBytes?: number;
  /** The forms in which it can write quantized graphs; absent where it has no choice. */
  readonly forms?: LoweringForms;
  /** Says whether the engine works here, by trying it on a tiny graph. Never throws. */
  probe(): Promise<EngineProbe>;
  /**
   * @throws AgentError `op_unsupported` naming operator and node, `engine_load_failed` for anything else that
   *   the engine refuses
   */
  load(graph: Graph, options?: LoadOptions): Promise<Session>;
}
