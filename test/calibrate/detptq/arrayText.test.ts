import test from 'ava';
import { codesSchema, encodeCodes, encodeFloats, floatsSchema } from '../../../calibrate/detptq/arrayText.js';

test('codes are read as they were written, every one of them, also from the middle of a buffer', (t) => {
  const all = Int8Array.from({ length: 256 }, (_, i) => i - 128);
  t.deepEqual(codesSchema.parse(encodeCodes(all)), all);
  t.deepEqual(codesSchema.parse(encodeCodes(all.subarray(3, 10))), all.slice(3, 10));
  t.deepEqual(codesSchema.parse(encodeCodes(new Int8Array())), new Int8Array());
});

test('floats are read to the last bit, NaN, infinities and minus zero too', (t) => {
  const values = Float32Array.of(0.1, -0, Number.NaN, Infinity, -Infinity, 1e-45, 3.4e38);
  const bits = (floats: Float32Array) => [...new Uint32Array(floats.buffer)];
  t.deepEqual(bits(floatsSchema.parse(encodeFloats(values))), bits(values));
  t.deepEqual(floatsSchema.parse(encodeFloats(values.subarray(1, 2))), Float32Array.of(-0));
});

test('text that is not base64, or not of whole floats, is refused', (t) => {
  for (const text of ['!', 'abc', 7]) t.false(codesSchema.safeParse(text).success);
  t.false(floatsSchema.safeParse(encodeCodes(Int8Array.of(1, 2, 3))).success);
});
