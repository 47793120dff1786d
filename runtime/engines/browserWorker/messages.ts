import type { ErrorCode, ErrorDetail } from '../../errors.js';
import type { LoadOptions } from '../engine.js';

/** The engines that live in the page. */
export type BrowserEngineName = 'tfjs-webgl' | 'webgpu' | 'webnn';

/** What the page may be asked for. Tensors travel beside the request and the answer, not in them. */
export interface Calls {
  describe: { readonly request: { readonly engine: BrowserEngineName }; readonly answer: Description };
  /** With one tensor, `model`: the bytes of an ONNX file. */
  load: { readonly request: LoadRequest; readonly answer: { readonly session: number } };
  /** With the feeds as tensors, but for those that the page has kept; answered with the outputs. */
  run: { readonly request: RunRequest; readonly answer: { readonly runMs: number } };
  dispose: { readonly request: { readonly session: number }; readonly answer: Record<never, never> };
}

export interface LoadRequest {
  readonly engine: BrowserEngineName;
  readonly optimization: NonNullable<LoadOptions['optimization']>;
}

interface RunRequest extends FeedPlan {
  readonly session: number;
  readonly outputs: readonly string[];
}

/** Which feeds a page keeps with a session, under which numbers, by the input's name. */
export interface FeedPlan {
  /** Those that travel with the request and are to be kept. */
  readonly keep: Readonly<Record<string, number>>;
  /** Those that stay away, for the page has them. */
  readonly kept: Readonly<Record<string, number>>;
}

/** What an engine in the page runs on. */
export interface Description {
  /** Of the library that runs the graphs. */
  readonly libraryVersion: string;
  /** As the driver names itself; absent where the browser does not tell. */
  readonly device?: string;
  /** Whether the device is the CPU in disguise: right results, but slower than an engine made for the CPU. */
  readonly software: boolean;
  /** Tensors that the library holds now, over all sessions; absent where it does not count them. */
  readonly numTensors?: number;
}

export type Request = {
  [Kind in keyof Calls]: {
    readonly id: number;
    readonly kind: Kind;
    readonly request: Calls[Kind]['request'];
  };
}[keyof Calls];

/** The page's first message, once per page. */
export interface Hello {
  readonly userAgent: string;
}

/** The answer to the request with the same id. */
export type Reply =
  | { readonly id: number; readonly answer: Calls[keyof Calls]['answer'] }
  | { readonly id: number; readonly error: PageError };

/** An AgentError of the page, as the agent makes it again. */
export interface PageError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail: ErrorDetail;
}
