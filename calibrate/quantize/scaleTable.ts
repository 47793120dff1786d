import type { Graph } from '../../runtime/graph/graph.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import { activationRange, type QuantParams } from '../../runtime/quantParams.js';
import { chooseActivationGrids, rangeGrid } from './activationGrid.js';
import type { ChannelCorrection } from './channelCorrection.js';
import { chooseGridBehind } from './gridBehind.js';
import type { ValueDistribution } from './histogram.js';
import type { PIndex } from './lpMetric.js';
import { alone, type GroupOf, PerP, withOthers } from './perP.js';
import type { Grid, QuantizationPlan } from './plan.js';
import { untieGrids } from './untiedGrids.js';
import { type QuantizedWeights, roundWeights, type WeightGrids } from './weightGrid.js';
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
      return new PerP(() => [fixed]);
    }
    const chosen = (ps: readonly PIndex[]) => chooseActivationGrids(distribution, bits, { activation, ps });
    if (before === undefined) return new PerP(chosen, groupOf(bits));
    const behind = { distribution: distributions[before]!, activation: plan.grids[before]!.activation! };
    const chosenBehind = (grid: QuantParams, p: PIndex) =>
      chooseGridBehind(grid, { ...behind, grid: made[before]!.at(p) }, p);
    return new PerP((ps) => chosen(ps).map((grid, i) => chosenBehind(grid, ps[i]!)), groupOf(bits));
  };
}

/**
 * The distance of few codes has several minima, which the walks of several p find for each other; that of many has one, and costs less where
 * it is sought for one p alone.
 */
const groupOf = (bits: number): GroupOf => (bits <= 4 ? withOthers : alone);

/** Rewritten and planned anew, a network keeps most of its weights: nothing about them has to be chosen again. */
const knownChoices = new WeakMap<Tensor, Map<number, PerP<QuantizedWeights>>>();

/** Returns the weights that every p makes of `tensor`; equal ones are one object. */
function weightChoices(tensor: Tensor, bits: number): PerP<QuantizedWeights> {
  const ofBits = knownChoices.get(tensor) ?? new Map<number, PerP<QuantizedWeights>>();
  knownChoices.set(tensor, ofBits);
  const known = ofBits.get(bits);
  if (known) return known;
  const byGrids = new Map<string, QuantizedWeights>();
  const rounded = (grids: WeightGrids) => {
    const key = `${grids.scales} ${grids.lowest}`;
    const quantized = byGrids.get(key) ?? roundWeights(tensor, grids, bits);
    byGrids.set(key, quantized);
    return quantized;
  };
  const choices = new PerP((ps) => chooseWeightGrids(tensor, bits, ps).map(rounded), groupOf(bits));
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
  const weights = table.weights.map((choices, layer) => choices.at(pOfLayer[layer]!));
  return { grids: settledGrids(table, plan, pOfLayer), weights, corrections: table.corrections };
}

/** Layers are rebuilt one by one on the same grids. Of a table's grids those of the p that were asked for last. */
const lastSettled = new WeakMap<
  ScaleTable['grids'],
  { readonly pOfLayer: readonly PIndex[]; readonly settled: readonly QuantParams[] }
>();

function settledGrids(
  table: ScaleTable,
  plan: QuantizationPlan,
  pOfLayer: readonly PIndex[],
): readonly QuantParams[] {
  const last = lastSettled.get(table.grids);
  if (last?.pOfLayer === pOfLayer) return last.settled;
  const grids: QuantParams[] = [];
  for (const { index, grids: owned } of plan.layers) {
    for (const id of owned) grids[id] = table.grids[id]!.at(pOfLayer[index]!);
  }
  // The image's grid, which no layer owns, has no choice.
  for (const [id, choices] of table.grids.entries()) grids[id] ??= choices.at(0);
  const settled = untieGrids(plan.arithmetic, grids, (id) => plan.grids[id]!.rule === 'search');
  lastSettled.set(table.grids, { pOfLayer, settled });
  return settled;
}
