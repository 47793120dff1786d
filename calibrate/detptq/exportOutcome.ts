import { nodeMacs } from '../../runtime/graph/macs.js';
import { indexOfP, type PIndex, pName } from '../quantize/lpMetric.js';
import { packWeights } from '../quantize/packWeights.js';
import type { QuantizationPlan } from '../quantize/plan.js';
import { scalesDigest } from '../quantize/scalesDigest.js';
import { quantizersFor } from '../quantize/scaleTable.js';
import { everywhere } from '../search/problem.js';
import { layerSqnrDb } from '../workbench/layerNoise.js';
import { addedWorkNotes } from './addedWork.js';
import { controlReports, type JudgedControl } from './controlReports.js';
import type { Course, JudgedStanding, Standing } from './course.js';
import { layerReports } from './layerReports.js';
import { leftOutNotes } from './leftOut.js';
import { poorResultNotes } from './poorResult.js';
import { quantizedManifest, reportHeader } from './provenance.js';
import type { QuantizeResult } from './quantizeModel.js';
import type { RunOptions, StagesOutcome } from './runStages.js';
import { thinEvidenceNotes } from './thinEvidence.js';

/** Images that tell how noisy each layer's output is: many values each. */
const noiseImages = 4;

/** Returns what a run hands out: the network that won, and how it compares with what it had to beat. */
export async function exportOutcome(
  course: Course,
  { plain, plainP2, bestGlobalP, perLayerP, chosen, exported }: StagesOutcome,
  options: RunOptions,
): Promise<QuantizeResult> {
  const fixed = (p: number) => course.judged({ network: plain, pOfLayer: everywhere(plain, indexOfP(p)) });
  const standings = {
    minmax: await fixed(Number.POSITIVE_INFINITY),
    p2: plainP2 ?? (await fixed(2)),
    p2_4: await fixed(2.4),
    bestGlobalP,
    perLayerP,
  };
  const controlOf = ({ odolSearch, judgement }: JudgedStanding, p: JudgedControl['p']): JudgedControl => ({
    p,
    odolSearch,
    judgement,
  });
  const controls = {
    minmax: controlOf(standings.minmax, 'inf'),
    p2: controlOf(standings.p2, 2),
    p2_4: controlOf(standings.p2_4, 2.4),
    bestGlobalP: controlOf(bestGlobalP, pName(bestGlobalP.pOfLayer[0]!)),
    perLayerP: perLayerP && controlOf(perLayerP, null),
  };

  const { network, pOfLayer, judgement } = exported;
  const { plan, table, distributions } = network;
  const quantizers = quantizersFor(table, plan, pOfLayer);
  const sqnrDb = await layerSqnrDb(
    course.workbench,
    { float: network.graph, quantized: course.graphOf(exported), plan },
    course.images.inputs.slice(0, noiseImages),
  );
  const layers = layerReports(plan, {
    ...{ quantizers, pOfLayer, distributions, macs: nodeMacs(network.graph), sqnrDb },
    tried: perLayerP?.tried,
  });
  const packed = (standing: Standing) =>
    packWeights(course.graphOf(standing), packable(standing.network.plan));
  const written = (standing: Standing) => packed(standing) ?? course.graphOf(standing);
  const graph = packed(exported);
  const added = addedWorkNotes(plain.graph, network.graph);
  return {
    addsWork: added.length > 0 || plan.floatTensors.size > 0,
    graph: graph ?? course.graphOf(exported),
    controlGraph: (name) => (standings[name] ? written(standings[name]) : undefined),
    odolLambda: course.lambda,
    manifest: quantizedManifest(options, { layers, scalesDigest: scalesDigest(quantizers), judgement }),
    report: {
      ...reportHeader(options),
      stages: course.log.stages,
      layers,
      ...controlReports({
        controls,
        chosen: chosen === bestGlobalP ? 'bestGlobalP' : 'perLayerP',
        exported: exported === chosen ? null : controlOf(exported, singleP(pOfLayer)),
      }),
      notes: [
        ...plan.exceptions,
        ...leftOutNotes(options),
        ...poorResultNotes(judgement),
        ...thinEvidenceNotes(judgement),
        ...(options.journal.isResumed ? [resumed] : []),
        ...(graph ? [] : [notPacked]),
        ...added,
      ],
      total: course.log.total(),
    },
  };
}

/** The p that all layers have, or `null`. */
function singleP(pOfLayer: readonly PIndex[]): JudgedControl['p'] {
  const [first, ...others] = pOfLayer;
  return others.every((p) => p === first) ? pName(first!) : null;
}

const resumed =
  'Gone on with from a checkpoint: passes and seconds are those of the last part, not of the whole search.';
const notPacked =
  'Weights of 4 bits and less stay int8 in the file: an operator is not known in operator set 21.';

function packable({ layers }: QuantizationPlan): ReadonlySet<string> {
  return new Set(layers.filter(({ weightBits }) => weightBits <= 4).map(({ weight }) => weight));
}
