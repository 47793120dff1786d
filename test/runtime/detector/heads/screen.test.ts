import test from 'ava';
import { type Candidates, collectCandidates } from '../../../../runtime/detector/candidates.js';
import type { Head } from '../../../../runtime/detector/heads/head.js';
import type { TensorMap } from '../../../../runtime/engines/engine.js';
import { headCases, headOf, randomOutputs } from '../../../helpers/headCases.js';

for (const [name, spec] of Object.entries(headCases)) {
  test(`${name}: candidates are those of scoring every location, at thresholds that equal scores too`, (t) => {
    const head = headOf(spec);
    let reached = 0;
    for (let seed = 0; seed < 20; seed++) {
      const outputs = randomOutputs(spec, seed);
      const scores = everyScore(head, outputs);
      const thresholds = [0, 0.05, 0.3, ...scores.filter((_, index) => index % 7 === 0)];
      for (const threshold of thresholds) {
        const found = collectCandidates(head, outputs, { scoreThreshold: threshold });
        const expected = scores.flatMap((score, index) =>
          score >= Math.fround(threshold) ? [[index, score]] : [],
        );
        t.deepEqual(asPairs(found, head), expected, `seed ${seed}, threshold ${threshold}`);
        reached += expected.length;
      }
    }
    t.true(reached > 1000);
  });
}

/** Returns every score, by location, then class. */
function everyScore(head: Head, outputs: TensorMap): number[] {
  const scores = new Float32Array(head.numLocations * head.numClasses);
  const reader = head.read(outputs);
  for (let location = 0; location < head.numLocations; location++) {
    reader.scores(location, scores, location * head.numClasses);
  }
  return [...scores];
}

/** Returns the candidates as pairs of an index into every score, and the score. */
function asPairs({ count, locations, classIds, scores }: Candidates, { numClasses }: Head): number[][] {
  return Array.from({ length: count }, (_, k) => [locations[k]! * numClasses + classIds[k]!, scores[k]!]);
}
