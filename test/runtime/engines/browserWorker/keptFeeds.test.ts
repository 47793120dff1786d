import test from 'ava';
import { KeptFeeds } from '../../../../runtime/engines/browserWorker/keptFeeds.js';
import { float32Tensor } from '../../../../runtime/graph/tensor.js';

const tensor = (length: number) => float32Tensor([length], new Float32Array(length));

test('a tensor is sent once, and from then on by its number, whatever input it is for', (t) => {
  const kept = new KeptFeeds(1e6);
  const [image, other] = [tensor(1000), tensor(1000)];
  t.deepEqual(kept.plan({ x: image }), { tensors: { x: image }, plan: { keep: { x: 1 }, kept: {} } });
  t.deepEqual(kept.plan({ x: other, y: image }), {
    tensors: { x: other },
    plan: { keep: { x: 2 }, kept: { y: 1 } },
  });
  const sameData = { ...image };
  t.deepEqual(kept.plan({ x: sameData }).tensors, {});
});

test('tensors that are small, or beyond the limit, are sent every time', (t) => {
  const kept = new KeptFeeds(10_000);
  const feeds = { scale: tensor(1), first: tensor(2000), second: tensor(1000), third: tensor(500) };
  for (const known of [{}, { first: 1, third: 2 }]) {
    const { tensors, plan } = kept.plan(feeds);
    t.deepEqual(plan.kept, known);
    t.deepEqual(
      Object.keys(tensors).filter((name) => !(name in plan.keep)),
      ['scale', 'second'],
    );
  }
});
