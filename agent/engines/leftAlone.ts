import type { Engine, EngineProbe } from '../../runtime/engines/engine.js';

/** An engine may take this share of the device's memory for itself. */
const memoryShare = 1 / 4;

/**
 * Returns why `auto` leaves an engine alone that works, or `undefined` where it does not: one that the CPU would run in
 * the guise of a GPU, one that takes much of the memory. It can still be chosen by its name.
 */
export function leftAlone(
  { ownMemoryBytes = 0 }: Pick<Engine, 'ownMemoryBytes'>,
  { isImitated = false }: EngineProbe,
  totalMemoryBytes: number,
): string | undefined {
  if (isImitated) return 'auto leaves it alone: the CPU imitates its GPU';
  if (ownMemoryBytes <= memoryShare * totalMemoryBytes) return undefined;
  const [takes, has] = [ownMemoryBytes, totalMemoryBytes].map((bytes) => (bytes / 1e9).toFixed(1));
  return `auto leaves it alone: it takes some ${takes} GB for itself, and this box has ${has} GB`;
}
