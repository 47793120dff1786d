import test from 'ava';
import { collectCandidates } from '../../../../runtime/detector/candidates.js';
import type { TensorMap } from '../../../../runtime/engines/engine.js';
import { OutputInPieces } from '../../../../runtime/engines/outputInPieces.js';
import { elementCount, float32Tensor, type Tensor } from '../../../../runtime/graph/tensor.js';
import type { OutputPart } from '../../../../runtime/lowering/outputs/unpackedOutput.js';
import { headCases, headOf, randomOutputs } from '../../../helpers/headCases.js';

/** What is above an axis of a tensor and what is below, each a piece that lies the other way round and is raw if `isRaw`. */
function cut(
  { dims, data }: Tensor,
  { axis, at, isRaw }: { axis: number; at: number; isRaw: boolean },
): OutputInPieces {
  const steps = dims.map((_, k) => elementCount(dims.slice(k + 1)));
  const reversed = (sizes: readonly number[]) => sizes.map((_, k) => elementCount(sizes.slice(0, k)));
  const pieces: Record<string, Tensor> = {};
  const parts = [
    [0, at],
    [at, dims[axis]! - at],
  ].map(([first, size], index): OutputPart => {
    const sizes = dims.with(axis, size!);
    const part = {
      ...{ source: `piece ${index}`, start: 0, steps: reversed(sizes), sizes },
      firsts: dims.map((_, k) => (k === axis ? first! : 0)),
      activation: isRaw ? ('sigmoid' as const) : ('none' as const),
    };
    const values = new Float32Array(elementCount(sizes));
    for (let element = 0; element < values.length; element++) {
      const place = sizes.map((length, k) => Math.floor(element / part.steps[k]!) % length);
      const from = place.reduce((sum, step, k) => sum + (step + part.firsts[k]!) * steps[k]!, 0);
      const value = Number(data[from]);
      values[element] = isRaw ? Math.log(value / (1 - value)) : value;
    }
    pieces[part.source] = float32Tensor([values.length], values);
    return part;
  });
  return new OutputInPieces({ dims, parts }, pieces);
}

function cutAll(outputs: TensorMap, isRaw = false): TensorMap {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => {
      const axis = tensor.dims.findIndex((size) => size > 1);
      return [name, cut(tensor, { axis, at: Math.ceil(tensor.dims[axis]! / 3), isRaw })];
    }),
  );
}

for (const [name, spec] of Object.entries(headCases)) {
  test(`${name}: pieces are read as the whole`, (t) => {
    const head = headOf(spec);
    for (const seed of [1, 2]) {
      const outputs = randomOutputs(spec, seed);
      const options = { scoreThreshold: 0.3 };
      const expected = collectCandidates(head, outputs, options);
      t.true(expected.count > 0);
      t.deepEqual(collectCandidates(head, cutAll(outputs), options), expected);
    }
  });
}

test('pieces that hold each location whole are never joined', (t) => {
  for (const name of ['gfl', 'yolox', 'yolov5', 'ltrb, product']) {
    const spec = headCases[name]!;
    const outputs = cutAll(randomOutputs(spec, 1));
    for (const output of Object.values(outputs)) {
      Object.defineProperty(output, 'data', { get: () => t.fail(`${name} is joined`) });
    }
    t.true(collectCandidates(headOf(spec), outputs, { scoreThreshold: 0.3 }).count > 0);
  }
});

test('a box of which each piece holds a side is never joined either', (t) => {
  for (const name of ['yolov5', 'yolov8', 'gfl']) {
    const spec = headCases[name]!;
    const head = headOf(spec);
    const outputs = randomOutputs(spec, 5);
    const options = { scoreThreshold: 0.3 };
    const packed = outputs.packed!;
    const axis = packed.dims[1] === 64 ? 2 : 1;
    const inPieces = cut(packed, { axis, at: 2, isRaw: false });
    Object.defineProperty(inPieces, 'data', { get: () => t.fail(`${name} is joined`) });
    t.deepEqual(
      collectCandidates(head, { packed: inPieces }, options),
      collectCandidates(head, outputs, options),
    );
  }
});

test('raw scores are compared raw, and become those that the whole has', (t) => {
  const spec = headCases.yolox!;
  const head = headOf(spec);
  const outputs = randomOutputs(spec, 3);
  const options = { scoreThreshold: 0.3 };
  const [expected, got] = [outputs, cutAll(outputs, true)].map((some) =>
    collectCandidates(head, some, options),
  );
  t.true(expected!.count > 0);
  t.deepEqual(got!.locations, expected!.locations);
  for (const [index, score] of expected!.scores.entries())
    t.true(Math.abs(got!.scores[index]! - score) < 1e-6);
});

test('a head reads the pieces of one session and of another in turn', (t) => {
  const spec = headCases.gfl!;
  const head = headOf(spec);
  const outputs = randomOutputs(spec, 4);
  const options = { scoreThreshold: 0.5 };
  const expected = collectCandidates(head, outputs, options);
  const others = Object.fromEntries(
    Object.entries(outputs).map(([key, tensor]) => [key, cut(tensor, { axis: 1, at: 5, isRaw: false })]),
  );
  for (const some of [cutAll(outputs), others, outputs, cutAll(outputs)]) {
    t.deepEqual(collectCandidates(head, some, options), expected);
  }
});
