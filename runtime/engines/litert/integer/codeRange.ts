import type { Grid } from '../../../lowering/integerGraph.js';
import { quantize } from '../../../quantParams.js';
import { activations } from '../tflite/operatorTable.js';
import type { IntegerWriter } from './integerWriter.js';

export type CodeRange = readonly [low: number, high: number];

const allCodes: CodeRange = [0, 255];

/** Returns the codes of a function's bounds, where only those between occur. */
export function codesBetween(low: number, high: number, grid: Grid): CodeRange {
  const params = { ...grid, qmin: 0, qmax: 255 };
  return [quantize(low, params), quantize(high, params)];
}

/**
 * Writes an operator whose codes are held within a range: by an activation that is fused into it, or else by having it
 * written on a grid that ends where the range does, and then moved to its own.
 *
 * @param write writes it to a tensor, with that activation fused into it
 * @throws AgentError `op_unsupported`
 */
export function writeBounded(
  writer: IntegerWriter,
  { output, range }: { readonly output: string; readonly range: CodeRange },
  write: (target: number, activation: number) => void,
): void {
  const grid = writer.gridOf(output);
  const activation = fusedActivation(range, grid);
  if (activation !== undefined) return void write(writer.at(output), activation);
  const between = writer.on(narrowedGrid(writer, range, grid), output);
  write(between, activations.none);
  writer.model.operator('QUANTIZE', { inputs: [between], outputs: [writer.at(output)] });
}

/** A bound that is off by one code, as a grid's rounding makes some, is no more than that rounding. */
function fusedActivation(range: CodeRange, grid: Grid): number | undefined {
  const isNear = (other: CodeRange): boolean =>
    Math.abs(range[0] - other[0]) <= 1 && Math.abs(range[1] - other[1]) <= 1;
  if (isNear(allCodes)) return activations.none;
  if (isNear([grid.zeroPoint, 255])) return activations.relu;
  return isNear(codesBetween(0, 6, grid)) ? activations.relu6 : undefined;
}

function narrowedGrid(writer: IntegerWriter, [low, high]: CodeRange, { scale, zeroPoint }: Grid): Grid {
  const share = (high - low) / 255;
  const moved = Math.round((zeroPoint - low) / share);
  if (moved >= 0 && moved <= 255) return { scale: scale * share, zeroPoint: moved };
  return writer.refuse(`a bound to codes ${low}..${high} with zero at ${zeroPoint}`);
}
