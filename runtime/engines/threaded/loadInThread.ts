import { Worker } from 'node:worker_threads';
import type { Graph } from '../../graph/graph.js';
import type { LoadOptions, Session } from '../engine.js';
import { ThreadedSession } from './threadedSession.js';

/**
 * Returns a session of the named engine in a thread of its own: how an engine that blocks its caller fulfils
 * `thread: 'own'`.
 *
 * @param engineName as the registry knows it, for that is where the thread looks
 * @throws AgentError what the engine's `load` throws; `engine_load_failed` when the thread dies
 */
export function loadInThread(
  engineName: string,
  graph: Graph,
  { thread: _, ...options }: LoadOptions,
): Promise<Session> {
  const worker = new Worker(new URL('./sessionWorker.js', import.meta.url), {
    name: `${engineName} session`,
  });
  return ThreadedSession.load(worker, { engineName, graph, options });
}
