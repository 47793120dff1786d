import { throwIfAborted } from './throwIfAborted.js';

/**
 * Returns `work(item, index)` of every item, in the order of the items, with at most `limit` under way at once.
 * The first failure stops the rest and is thrown once what was under way has ended.
 *
 * @throws AgentError `aborted` when `signal` aborts
 */
export async function mapConcurrent<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
  { limit, signal }: { limit: number; signal?: AbortSignal | undefined },
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async () => {
    try {
      while (next < items.length && failure === undefined) {
        throwIfAborted(signal);
        const index = next++;
        results[index] = await work(items[index]!, index);
      }
    } catch (error) {
      failure ??= { error };
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failure !== undefined) throw failure.error;
  return results;
}
