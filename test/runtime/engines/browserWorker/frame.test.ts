import test from 'ava';
import { decodeFrame, encodeFrame } from '../../../../runtime/engines/browserWorker/frame.js';
import type { Tensor } from '../../../../runtime/graph/tensor.js';

const tensors: Record<string, Tensor> = {
  bytes: { dtype: 'uint8', dims: [3], data: Uint8Array.of(0, 127, 255) },
  floats: { dtype: 'float32', dims: [1, 2], data: Float32Array.of(-0, Number.NaN) },
  longs: { dtype: 'int64', dims: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
  none: { dtype: 'float32', dims: [0, 4], data: new Float32Array() },
  codes: { dtype: 'int4', dims: [], data: Int8Array.of(-8) },
  'größe/ü': { dtype: 'float16', dims: [1], data: Uint16Array.of(0x3c00) },
};

test('a frame comes out as it went in, every type of tensor included', (t) => {
  const frame = { message: { kind: 'run', text: 'ü' }, tensors };
  t.deepEqual(decodeFrame(encodeFrame(frame).buffer), frame);
});

test('a tensor that is a view of a larger buffer is sent without the rest', (t) => {
  const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  const { tensors } = decodeFrame(
    encodeFrame({ message: 0, tensors: { x: { dtype: 'float32', dims: [2], data } } }).buffer,
  );
  t.deepEqual(tensors.x, { dtype: 'float32', dims: [2], data: Float32Array.of(2, 3) });
});

test('a tensor with more or fewer elements than its dimensions say arrives as it is, for the engine to refuse', (t) => {
  const x: Tensor = { dtype: 'float32', dims: [4], data: Float32Array.of(1) };
  t.deepEqual(decodeFrame(encodeFrame({ message: 0, tensors: { x } }).buffer).tensors, { x });
});

test('the detail of an error may hold integers of 64 bits', (t) => {
  t.deepEqual(decodeFrame(encodeFrame({ message: { got: 5n }, tensors: {} }).buffer).message, { got: '5' });
});

test('bytes that are no frame are refused', (t) => {
  const { buffer } = encodeFrame({ message: 'm', tensors });
  for (const bytes of [new ArrayBuffer(0), new ArrayBuffer(64), buffer.slice(0, 40), buffer.slice(0, -16)]) {
    t.throws(() => decodeFrame(bytes), { code: 'internal', message: /expected a frame/ });
  }
});
