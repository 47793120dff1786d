import test from 'ava';
import { sigmoid } from '../../../../runtime/activation.js';
import { leastRaw } from '../../../../runtime/detector/heads/leastRaw.js';

const scores = {
  'the value itself': (raw: number) => raw,
  'a logit': sigmoid,
  'the root of a logit': (raw: number) => Math.sqrt(sigmoid(raw)),
};
/** How many float32 values on either side are looked at. */
const neighbours = 50_000;

for (const [what, scoreOf] of Object.entries(scores)) {
  test(`of ${what}, every float32 neighbour below scores less, and every one above as much or more`, (t) => {
    for (const threshold of [1e-6, 0.01, 0.02, 0.05, 0.25, 0.5, 0.7, 0.99].map(Math.fround)) {
      const least = leastRaw(scoreOf, threshold);
      const [value, bits] = bitsOf(least);
      const first = bits[0]!;
      const reaches = (steps: number) => {
        bits[0] = first + (least < 0 ? -steps : steps);
        return Math.fround(scoreOf(value[0]!)) >= threshold;
      };
      for (let steps = 1; steps <= neighbours; steps++) {
        if (reaches(-steps) || !reaches(steps - 1)) t.fail(`${threshold}: ${steps} from ${least}`);
      }
    }
    t.pass();
  });
}

test('where all scores are too low it is Infinity, where all are high enough -Infinity', (t) => {
  t.is(
    leastRaw(() => 0.2, 0.5),
    Infinity,
  );
  t.is(
    leastRaw(() => 0.7, 0.5),
    -Infinity,
  );
  t.is(leastRaw(sigmoid, 0), -Infinity);
});

function bitsOf(float: number): [Float32Array, Int32Array] {
  const value = Float32Array.of(float);
  return [value, new Int32Array(value.buffer)];
}
