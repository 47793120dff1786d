import type { Grid } from '../../../lowering/integerGraph.js';
import { quantize } from '../../../quantParams.js';
import { activations } from '../tflite/operatorTable.js';
import type { IntegerWriter } from './integerWriter.js';

export type CodeRange = readonly [low: number, high: number];

const allCodes: CodeRange = [0, 255];
const manyCodes = 100;

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
  if (activation === undefined)
    writeNarrowed(writer, { output, range }, (target) => write(target, activations.none));
  else write(writer.at(output), activation);
}

/**
 * Writes an operator whose codes are held within a range by being written on a grid that ends where the range does, and then moved to its
 * own. Of 2 or 4 bits that rounds as once: a step of theirs has an odd number of the other's.
 *
 * @throws AgentError `op_unsupported`
 */
export function writeNarrowed(
  writer: IntegerWriter,
  { output, range }: { readonly output: string; readonly range: CodeRange },
  write: (target: number) => void,
): void {
  const between = writer.on(narrowedGrid(writer, range, writer.gridOf(output)), output);
  write(between);
  writer.model.operator('QUANTIZE', { inputs: [between], outputs: [writer.at(output)] });
}

/** A bound that is off by one code of many, as a grid's rounding makes some, is no more than that rounding. */
function fusedActivation(range: CodeRange, grid: Grid): number | undefined {
  const tolerance = range[1] - range[0] >= manyCodes ? 1 : 0;
  const isNear = (other: CodeRange): boolean =>
    Math.abs(range[0] - other[0]) <= tolerance && Math.abs(range[1] - other[1]) <= tolerance;
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
