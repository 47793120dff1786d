import test from 'ava';
import { controlReports, type JudgedControl } from '../../../calibrate/detptq/controlReports.js';
import { judgement } from '../../../calibrate/detptq/judge.js';
import { matchAgreement } from '../../../calibrate/evaluate/agreement.js';
import { createRandom } from '../../../calibrate/random.js';
import type { Detection } from '../../../runtime/detector/detection.js';

const numImages = 24;

/** Detections of the float network: three objects on each image. */
const reference: Detection[][] = Array.from({ length: numImages }, (_, image) =>
  [0, 1, 2].map((classId) => ({
    label: `${classId}`,
    classId,
    score: 0.9 - 0.01 * image,
    box: [100 * classId, 0, 100 * classId + 60, 60] as const,
  })),
);

/** A network that misses a share of the objects and shifts the rest. */
function judged(missing: number, { shiftPx, odol }: { shiftPx: number; odol: number }): JudgedControl {
  const random = createRandom(7);
  const candidate = reference.map((image) =>
    image
      .filter(() => random.uniform() >= missing)
      .map((detection) => ({
        ...detection,
        box: detection.box.map((side) => side + shiftPx) as unknown as Detection['box'],
      })),
  );
  const odols = Array.from({ length: numImages }, () => odol * (0.5 + random.uniform()));
  return {
    p: 2,
    odolSearch: odol,
    judgement: judgement(odols, matchAgreement(reference, candidate, { numClasses: 3 })),
  };
}

const good = judged(0.05, { shiftPx: 2, odol: 0.1 });
const poor = judged(0.4, { shiftPx: 9, odol: 0.9 });
const controls = { minmax: poor, p2: good, p2_4: good, bestGlobalP: good, perLayerP: null };

test('a control is reported with its figures and intervals around them', (t) => {
  const { controls: reported } = controlReports({ controls, chosen: 'bestGlobalP', exported: null });
  t.is(reported.perLayerP, null);
  for (const { odol, odolInterval, agreement, agreementInterval, f1, lost } of [
    reported.minmax,
    reported.p2,
  ]) {
    t.true(odolInterval.low < odol && odol < odolInterval.high);
    t.true(agreementInterval.low < agreement && agreement < agreementInterval.high);
    t.true(agreementInterval.low >= 0 && agreementInterval.high <= 1);
    t.true(Math.abs(f1 - (2 * (72 - lost)) / (144 - lost)) < 1e-12);
  }
  t.true(reported.minmax.meanIou! < reported.p2.meanIou!);
  t.is(reported.p2.ghosts, 0);
});

test('what was exported is compared with every control, each difference on its side of 0', (t) => {
  const { comparisons } = controlReports({ controls, chosen: 'bestGlobalP', exported: null });
  t.deepEqual(
    comparisons.map(({ of, against }) => `${of}-${against}`),
    ['bestGlobalP-minmax', 'bestGlobalP-p2', 'bestGlobalP-p2_4'],
  );
  const [worse, same] = comparisons;
  t.true(worse!.odol.high < 0 && worse!.lost.high < 0);
  t.true(worse!.agreement.low > 0 && worse!.f1.low > 0);
  t.deepEqual(same!.agreement, { difference: 0, low: 0, high: 0 });
});

test('the per-layer p is compared with every other control, and no pair twice', (t) => {
  const searched = { ...controls, perLayerP: good };
  const pairs = (chosen: 'bestGlobalP' | 'perLayerP', exported: JudgedControl | null) =>
    controlReports({ controls: searched, chosen, exported }).comparisons.map(
      ({ of, against }) => `${of}-${against}`,
    );
  const ofPerLayer = ['minmax', 'p2', 'p2_4', 'bestGlobalP'].map((against) => `perLayerP-${against}`);
  const ofGlobal = ['minmax', 'p2', 'p2_4'].map((against) => `bestGlobalP-${against}`);
  t.deepEqual(pairs('perLayerP', null), ofPerLayer);
  t.deepEqual(pairs('bestGlobalP', null), [...ofPerLayer, ...ofGlobal]);
  t.deepEqual(pairs('perLayerP', good), [
    ...ofPerLayer,
    ...['minmax', 'p2', 'p2_4', 'bestGlobalP', 'perLayerP'].map((against) => `exported-${against}`),
  ]);
});

test('the same judgements give the same report', (t) => {
  const run = { controls, chosen: 'bestGlobalP', exported: poor } as const;
  t.deepEqual(controlReports(run), controlReports(run));
});
