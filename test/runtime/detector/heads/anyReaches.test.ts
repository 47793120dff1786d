import test from 'ava';
import { anyReaches } from '../../../../runtime/detector/heads/anyReaches.js';

for (const step of [1, 3]) {
  for (let count = 0; count <= 9; count++) {
    test(`${count} values in steps of ${step}: each that reaches is seen, and none around them`, (t) => {
      const run = { start: 2, count, step };
      const isOwn = (at: number) => at >= 2 && at < 2 + count * step && (at - 2) % step === 0;
      for (let at = 0; at < 2 + (count + 2) * step; at++) {
        for (const reaching of [0.5, 0.6, Number.NaN]) {
          const values = new Float32Array(2 + (count + 2) * step).fill(0.4);
          values[at] = reaching;
          t.is(anyReaches(values, 0.5, run), isOwn(at), `${reaching} at ${at}`);
        }
      }
    });
  }
}
