import { type Detector, loadDetector } from '../../runtime/detector/detector.js';
import type { Manifest } from '../../runtime/detector/manifest.js';
import type { Engine, LoadOptions } from '../../runtime/engines/engine.js';
import { type AgentError, isRefusal } from '../../runtime/errors.js';
import type { Graph } from '../../runtime/graph/graph.js';

/** An engine, and the threads that one of its runs gets. */
export interface ServingEngine {
  readonly engine: Engine;
  readonly threads: number;
}

/** Engines in the order in which they are tried: each serves what those before it refuse. */
export type EngineOrder = readonly [ServingEngine, ...ServingEngine[]];

/** Told that `engine` refused a model, and which one is tried next. */
export type OnRefused = (error: AgentError, engine: Engine, next: Engine) => void;

export interface LoadOnFirstOptions extends Omit<LoadOptions, 'threads'> {
  readonly onRefused: OnRefused;
}

/**
 * Returns the detector on the first of the engines that takes it; the caller disposes of it.
 *
 * @throws AgentError those of `loadDetector`; what the last of the engines refuses it for
 */
export async function loadOnFirst(
  files: { readonly manifest: Manifest; readonly graph: Graph },
  [first, ...others]: EngineOrder,
  { onRefused, ...options }: LoadOnFirstOptions,
): Promise<ServingEngine & { readonly detector: Detector }> {
  const loadedOn = async ({ engine, threads }: ServingEngine) => {
    return { detector: await loadDetector(files, engine, { ...options, threads }), engine, threads };
  };
  let tried = first;
  for (const next of others) {
    try {
      return await loadedOn(tried);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      onRefused(error, tried.engine, next.engine);
      tried = next;
    }
  }
  return loadedOn(tried);
}
