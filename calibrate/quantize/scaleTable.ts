import type { Graph } from '../../runtime/graph/graph.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import { activationRange, type QuantParams } from '../../runtime/quantParams.js';
import { chooseActivationGrids, rangeGrid } from './activationGrid.js';
import type { ChannelCorrection } from './channelCorrection.js';
import { chooseGridBehind } from './gridBehind.js';
import type { ValueDistribution } from './histogram.js';
import { type PIndex, pValues } from './lpMetric.js';
import { PerP } from './perP.js';
import type { Grid, QuantizationPlan } from './plan.js';
import { untieGrids } from './untiedGrids.js';
import { type QuantizedWeights, roundWeights } from './weightGrid.js';
import { chooseWeightGrids } from './weightGridChoice.js';

/** Every quantizer's parameters for every p of `pValues`: the search picks among these. */
export interface ScaleTable {
  /** By grid id. */
  readonly grids: readonly PerP<QuantParams>[];
  /** By layer index; p that give equal scales share one object. */
  readonly weights: readonly PerP<QuantizedWeights>[];
  /** By layer index, whatever its p. */
  readonly corrections: readonly (ChannelCorrection | undefined)[];
}

/** One choice out of a table: what a quantized graph is built from. */
export interface Quantizers {
  /** By grid id. */
  readonly grids: readonly QuantParams[];
  /** By layer index. */
  readonly weights: readonly QuantizedWeights[];
  /** By layer index. */
  readonly corrections: readonly (ChannelCorrection | undefined)[];
}

/** @param distributions by grid id, of the float activations */
export function buildScaleTable(
  graph: Graph,
  plan: QuantizationPlan,
  distributions: readonly ValueDistribution[],
): ScaleTable {
  return tableOf(graph, plan, gridChoices(plan, distributions));
}

/**
 * Returns the table of the same graph planned at other bits. Grids that keep their bits, and those of the grid that they
 * depend on, are those of `before`: choosing them is most of a table's cost.
 *
 * @param before with grids by the same ids
 */
export function rebuildScaleTable(
  graph: Graph,
  plan: QuantizationPlan,
  before: {
    readonly plan: QuantizationPlan;
    readonly table: ScaleTable;
    readonly distributions: readonly ValueDistribution[];
  },
): ScaleTable {
  const keeps = ({ id, bits }: Grid) => before.plan.grids[id]!.bits === bits;
  const choicesOf = gridChoices(plan, before.distributions);
  return tableOf(graph, plan, (grid, made) =>
    keeps(grid) && (grid.before === undefined || keeps(plan.grids[grid.before]!))
      ? before.table.grids[grid.id]!
      : choicesOf(grid, made),
  );
}

function tableOf(graph: Graph, plan: QuantizationPlan, gridsOf: ChoicesOf): ScaleTable {
  const weights = plan.layers.map(({ weight, weightBits }) =>
    weightChoices(graph.initializers.get(weight)!, weightBits),
  );
  const grids: PerP<QuantParams>[] = [];
  for (const grid of plan.grids) grids.push(gridsOf(grid, grids));
  return { grids, weights, corrections: plan.layers.map(() => undefined) };
}

/** Returns the parameters of a grid for every p, those of the grids before it made already. */
type ChoicesOf = (grid: Grid, made: readonly PerP<QuantParams>[]) => PerP<QuantParams>;

function gridChoices(plan: QuantizationPlan, distributions: readonly ValueDistribution[]): ChoicesOf {
  return ({ id, bits, rule, activation, before }, made) => {
    const distribution = distributions[id]!;
    if (rule !== 'search') {
      const fixed = rule === 'unit' ? unitGrid(bits) : rangeGrid(distribution.min, distribution.max, bits);
      return PerP.of(pValues.map(() => fixed));
    }
    const chosen = new PerP((ps) => chooseActivationGrids(distribution, bits, { activation, ps }));
    if (before === undefined) return chosen;
    const behind = { distribution: distributions[before]!, activation: plan.grids[before]!.activation! };
    return new PerP((ps) =>
      ps.map((p) => chooseGridBehind(chosen.at(p), { ...behind, grid: made[before]!.at(p) }, p)),
    );
  };
}

/** Rewritten and planned anew, a network keeps most of its weights: nothing about them has to be chosen again. */
const knownChoices = new WeakMap<Tensor, Map<number, PerP<QuantizedWeights>>>();

/** Returns the weights that every p makes of `tensor`; equal ones are one object. */
function weightChoices(tensor: Tensor, bits: number): PerP<QuantizedWeights> {
  const ofBits = knownChoices.get(tensor) ?? new Map<number, PerP<QuantizedWeights>>();
  knownChoices.set(tensor, ofBits);
  const known = ofBits.get(bits);
  if (known) return known;
  const byGrids = new Map<string, QuantizedWeights>();
  const choices = new PerP((wanted) =>
    chooseWeightGrids(tensor, bits, wanted).map((grids) => {
      const key = `${grids.scales} ${grids.lowest}`;
      const quantized = byGrids.get(key) ?? roundWeights(tensor, grids, bits);
      byGrids.set(key, quantized);
      return quantized;
    }),
  );
  ofBits.set(bits, choices);
  return choices;
}

/** [0, 1) in steps of 2^-bits: the grid that engines fix for a sigmoid's output. */
function unitGrid(bits: number): QuantParams {
  return { scale: 2 ** -bits, zeroPoint: 0, ...activationRange(bits) };
}

/** Returns the quantizers that each layer's p chooses, their scales moved to where every engine rounds alike. */
export function quantizersFor(
  table: ScaleTable,
  plan: QuantizationPlan,
  pOfLayer: readonly PIndex[],
): Quantizers {
  const grids: QuantParams[] = [];
  for (const { index, grids: owned } of plan.layers) {
    for (const id of owned) grids[id] = table.grids[id]!.at(pOfLayer[index]!);
  }
  // The image's grid, which no layer owns, has no choice.
  for (const [id, choices] of table.grids.entries()) grids[id] ??= choices.at(0);
  const weights = table.weights.map((choices, layer) => choices.at(pOfLayer[layer]!));
  const isMovable = (id: number) => plan.grids[id]!.rule === 'search';
  return { grids: untieGrids(plan.arithmetic, grids, isMovable), weights, corrections: table.corrections };
}
