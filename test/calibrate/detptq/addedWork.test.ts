import test from 'ava';
import { addedWorkNotes } from '../../../calibrate/detptq/addedWork.js';
import { inferShapes } from '../../../runtime/graph/passes/inferShapes.js';
import { float32Tensor } from '../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../helpers/graphs.js';

function network({ filters, isScaled }: { filters: number; isScaled: boolean }) {
  const g = graphBuilder({ seed: 3 });
  const image = g.input('image', [1, 3, 8, 8]);
  const features = g.conv(image, { weights: [filters, 3, 1, 1] });
  const perChannel = g.constant(float32Tensor([1, filters, 1, 1], new Float32Array(filters).fill(2)));
  return inferShapes(g.build([isScaled ? g.node('Mul', [features, perChannel]) : features]));
}

const plain = network({ filters: 4, isScaled: false });

test('nothing is said where nothing was added', (t) => {
  t.deepEqual(addedWorkNotes(plain, plain), []);
  t.deepEqual(addedWorkNotes(network({ filters: 8, isScaled: true }), plain), []);
});

test('larger convolutions are told in multiply-accumulates and as a share', (t) => {
  const [note, ...others] = addedWorkNotes(plain, network({ filters: 8, isScaled: false }));
  t.deepEqual(others, []);
  t.regex(note!, /add 768 multiply-accumulates, 100\.0 % of the float network's/);
});

test('multiplies that could not be folded are counted by element', (t) => {
  t.deepEqual(addedWorkNotes(plain, network({ filters: 4, isScaled: true })), [
    'Scaling that could not be folded adds 256 elementwise multiplies.',
  ]);
});
