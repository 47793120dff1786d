import type { Layer, QuantizationPlan } from './plan.js';

/**
 * Returns the ids of the grids that depend on a layer's p: its own, and those that are settled by them (`untieGrids`), of a sum
 * behind several other layers, say.
 */
export function openGrids({ arithmetic }: QuantizationPlan, { grids }: Layer): ReadonlySet<number> {
  const open = new Set(grids);
  const settled = arithmetic
    .map(({ operands, result }) => [...operands, result])
    .map((ids) => ({ ids, last: Math.max(...ids) }))
    .sort((left, right) => left.last - right.last);
  for (const { ids, last } of settled) if (ids.some((id) => open.has(id))) open.add(last);
  return open;
}
