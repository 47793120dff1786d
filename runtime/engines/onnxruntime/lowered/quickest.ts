import { elementCount, type Tensor } from '../../../graph/tensor.js';
import type { Session, TensorMap } from '../../engine.js';

/** Fewest of several runs that others on the machine disturb: enough to tell apart what differs by a tenth. */
const rounds = 4;

/**
 * Returns the shortest time of a run of each session, in ms, measured in turns on constant images.
 *
 * @param dims of the float inputs, by name; inputs that take codes are given those
 */
export async function shortestRuns(
  sessions: readonly Session[],
  dims: Readonly<Record<string, readonly number[]>>,
): Promise<number[]> {
  const feeds = sessions.map((session) => constantFeeds(session, dims));
  const shortest = sessions.map(() => Number.POSITIVE_INFINITY);
  // The first round takes memory and warms caches.
  for (let round = 0; round <= rounds; round++) {
    for (const [k, session] of sessions.entries()) {
      const start = performance.now();
      await session.run(feeds[k]!);
      if (round > 0) shortest[k] = Math.min(shortest[k]!, performance.now() - start);
    }
  }
  return shortest;
}

function constantFeeds({ inputs }: Session, dims: Readonly<Record<string, readonly number[]>>): TensorMap {
  const feed = (name: string, codes: readonly number[] | undefined): Tensor =>
    codes
      ? { dtype: 'uint8', dims: codes, data: new Uint8Array(elementCount(codes)).fill(128) }
      : { dtype: 'float32', dims: dims[name]!, data: new Float32Array(elementCount(dims[name]!)).fill(0.5) };
  return Object.fromEntries(inputs.map(({ name, codes }) => [name, feed(name, codes?.dims)]));
}
