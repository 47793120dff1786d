import test from 'ava';
import { codeName, rawName } from '../../../calibrate/quantize/insertQuantizers.js';
import { indexOfP } from '../../../calibrate/quantize/lpMetric.js';
import { everywhere, quantizedGraph, type SearchProblem } from '../../../calibrate/search/problem.js';
import { Prefix } from '../../../calibrate/workbench/prefix.js';
import { TensorStore } from '../../../calibrate/workbench/tensorStore.js';
import { runGraph, tensorsOf } from '../../../calibrate/workbench/workbench.js';
import type { TensorMap } from '../../../runtime/engines/engine.js';
import { extractSubgraph } from '../../../runtime/graph/passes/extractSubgraph.js';
import { MemorySpill } from '../../helpers/memorySpill.js';
import { pyramidProblem, workbench } from '../../helpers/searchProblem.js';

const quantizedOf = (problem: SearchProblem) => quantizedGraph(problem, everywhere(problem, indexOfP(2)));
const prefixOf = ({ graph, plan, inputs }: SearchProblem) => new Prefix(graph, plan, inputs);

test('before the first step it holds the inputs', async (t) => {
  const problem = await pyramidProblem({ images: 2 });
  const prefix = prefixOf(problem);
  t.deepEqual(prefix.names, ['image']);
  t.deepEqual(prefix.feeds, problem.inputs);
});

test('many steps give the tensors that one step gives, to the last bit', async (t) => {
  const problem = await pyramidProblem({ images: 2 });
  const quantized = quantizedOf(problem);
  const stepwise = prefixOf(problem);
  for (const { position } of problem.plan.layers) {
    await stepwise.advance(workbench(), quantized, position);
    const atOnce = prefixOf(problem);
    await atOnce.advance(workbench(), quantized, position);
    t.deepEqual(stepwise.names, atOnce.names);
    t.deepEqual(stepwise.feeds, atOnce.feeds);
    t.deepEqual(Object.keys(stepwise.feeds[0]!).sort(), [...stepwise.names].sort());
  }
});

test('the suffix run from the prefix gives what the whole network gives', async (t) => {
  const problem = await pyramidProblem({ images: 2 });
  const quantized = quantizedOf(problem);
  const whole = await runGraph(workbench(), quantized, problem.inputs, (outputs) => outputs);
  const prefix = prefixOf(problem);
  for (const { position } of problem.plan.layers) {
    await prefix.advance(workbench(), quantized, position);
    const suffix = extractSubgraph(quantized, { from: prefix.names, to: ['packed'] });
    t.deepEqual(await runGraph(workbench(), suffix, prefix.feeds, (outputs) => outputs), whole);
  }
});

test('it keeps the frontier alone: codes of what is on a grid and is read later', async (t) => {
  const problem = await pyramidProblem({ activationBits: 8, images: 1 });
  const { layers } = problem.plan;
  const prefix = prefixOf(problem);
  const namesAt = async (name: string) => {
    const { position } = layers.find((layer) => layer.name === name)!;
    await prefix.advance(workbench(), quantizedOf(problem), position);
    return prefix.names;
  };
  t.deepEqual(await namesAt('stem'), ['image']);
  t.deepEqual(await namesAt('depthwise'), [codeName('stem_act')]);
  // The residual sum still reads the stem.
  t.deepEqual([...(await namesAt('pointwise'))].sort(), ['relu_5', 'stem_act'].map(codeName));
  t.deepEqual(await namesAt('fine'), [codeName('pooled')]);
  t.deepEqual(await namesAt('coarse'), [codeName('fine_act')]);
  t.true(prefix.feeds.every((feed) => Object.values(feed).every(({ dtype }) => dtype === 'uint8')));
});

test('with no room in memory the feeds are the same, to the last bit', async (t) => {
  const problem = await pyramidProblem({ images: 3 });
  const quantized = quantizedOf(problem);
  const held = prefixOf(problem);
  const written = prefixOf(problem);
  const bench = workbench(
    undefined,
    new TensorStore({ heldBytes: 0, openSpill: async () => new MemorySpill() }),
  );
  for (const { position } of problem.plan.layers) {
    await held.advance(workbench(), quantized, position);
    await written.advance(bench, quantized, position);
    t.deepEqual(await Promise.all(written.feeds.map(tensorsOf)), held.feeds);
  }
  t.true(written.feeds.every((feed) => typeof feed === 'function'));
  await written.dispose();
});

test('a step of no length runs nothing', async (t) => {
  const problem = await pyramidProblem({ images: 1 });
  const prefix = prefixOf(problem);
  const { position } = problem.plan.layers[3]!;
  await prefix.advance(workbench(), quantizedOf(problem), position);
  const bench = workbench();
  await prefix.advance(bench, quantizedOf(problem), position);
  t.is(bench.counter.passes, 0);
});

test('what is looked at on the way is what the whole network makes, whether it moves or not', async (t) => {
  const problem = await pyramidProblem({ images: 2 });
  const quantized = quantizedOf(problem);
  const prefix = prefixOf(problem);
  for (const { position, convs } of problem.plan.layers) {
    const made = convs[0]!.outputs[0]!;
    const tensors = [problem.plan.gridOfTensor.has(made) ? rawName(made) : made];
    const whole = await runGraph(
      workbench(),
      extractSubgraph(quantized, { from: ['image'], to: tensors }),
      problem.inputs,
      (outputs) => outputs,
    );
    for (const place of ['moving', 'standing']) {
      const seen: TensorMap[] = [];
      const take = (values: TensorMap, image: number) => {
        seen[image] = Object.fromEntries(tensors.map((name) => [name, values[name]!]));
      };
      await prefix.advance(workbench(), quantized, position, { tensors, take });
      t.deepEqual(seen, whole, `${place} at ${position}`);
    }
  }
});
