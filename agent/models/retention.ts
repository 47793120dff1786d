import type { ModelStore } from '../state/modelStore.js';
import type { StoredModel } from '../state/storedModel.js';

export interface RetentionRule {
  /** Digest of the float model whose quantized descendants are meant. Others are the operator's, and stay. */
  readonly parent: string;
  /** Digests that stay whatever their age: active, previous, last good. */
  readonly inUse: ReadonlySet<string>;
  /** Digest of the descendant made last: it has not passed if it is not in use, and goes. */
  readonly candidate: string;
  /** Number of the newest descendants that stay besides. */
  readonly keep: number;
}

/** Returns the models that a device has no more use for, oldest first. */
export function expired(
  models: readonly StoredModel[],
  { parent, inUse, candidate, keep }: RetentionRule,
): StoredModel[] {
  const descendants = models.filter(({ manifest }) => manifest.quantization?.parent === parent);
  // By version, not by date: clocks jump.
  const byAge = descendants.toSorted((a, b) => Number(a.version) - Number(b.version));
  const passed = byAge.filter(({ digest }) => digest !== candidate || inUse.has(digest));
  const kept = new Set(keep === 0 ? [] : passed.slice(-keep).map(({ digest }) => digest));
  return byAge.filter(({ digest }) => !kept.has(digest) && !inUse.has(digest));
}

/**
 * Removes the expired models from the store, so that calibrating for years does not fill the disk.
 *
 * @throws AgentError `file_unreadable`
 */
export async function removeExpired(store: ModelStore, rule: RetentionRule): Promise<void> {
  const { models } = await store.list();
  for (const { digest } of expired(models, rule)) await store.remove(digest, rule.inUse);
}
