import test from 'ava';
import { Execution } from '../../../../runtime/engines/tfjs/execution.js';
import type { TensorflowJs, TfTensor } from '../../../../runtime/engines/tfjs/operator.js';
import type { TfjsProgram } from '../../../../runtime/engines/tfjs/program.js';
import type { TracedGraph, Tracer } from '../../../../runtime/engines/tfjs/tracer.js';
import { wasmBackend } from '../../../../runtime/engines/tfjs/wasm/wasmBackend.js';
import { AgentError } from '../../../../runtime/errors.js';

/** TensorFlow.js is optional. */
const backend = await wasmBackend().catch(() => undefined);
const tfTest = backend === undefined ? test.serial.skip : test.serial;
const tf = backend?.tf as TensorflowJs;

/** 2x + 1 in two steps. */
const program: TfjsProgram = {
  inputs: new Map([['x', { place: 0, type: { dtype: 'float32', dims: [2] } }]]),
  outputs: new Map(),
  constants: new Map(),
  types: [],
  steps: [
    { label: 'twice', reads: [0], writes: [1], action: ([x]) => tf.mul(x!, 2) },
    { label: 'plus one', reads: [1], writes: [2], action: ([x]) => tf.add(x!, 1) },
  ],
};

/** A tracer whose graphs are what `toGraph` makes. */
function tracer(toGraph: () => Promise<TracedGraph>): Tracer {
  return (_feeds, run) => ({ outputs: run(), toGraph });
}

async function valuesOf(execution: Execution): Promise<number[]> {
  const outputs = await execution.run(new Map([[0, tf.tensor1d([3, 4])]]));
  const values = outputs.flatMap((tensor) => [...tensor.dataSync()]);
  for (const tensor of outputs) tensor.dispose();
  return values;
}

tfTest('a graph that is run again and again is traced', async (t) => {
  const { numTensors } = tf.memory();
  let disposed = 0;
  const graph: TracedGraph = {
    run: ([x]): TfTensor[] => [tf.neg(x!)],
    dispose: () => {
      disposed += 1;
    },
  };
  const execution = new Execution({ tf, program, tracer: tracer(async () => graph) }, [2]);
  for (let run = 0; run < 9; run++) t.deepEqual(await valuesOf(execution), [7, 9]);
  t.is(execution.note, 'runs as one graph of the library');
  t.deepEqual(await valuesOf(execution), [-3, -4]);
  execution.dispose();
  t.is(disposed, 1);
  t.is(tf.memory().numTensors, numTensors);
});

tfTest('where no graph can be made, runs go on operator by operator and say why', async (t) => {
  let asked = 0;
  const refuse = async () => {
    asked += 1;
    throw new AgentError('op_unsupported', 'no such node');
  };
  const execution = new Execution({ tf, program, tracer: tracer(refuse) }, [2]);
  execution.traceNext();
  for (let run = 0; run < 5; run++) t.deepEqual(await valuesOf(execution), [7, 9]);
  t.is(asked, 1);
  t.is(execution.note, 'runs operator by operator: no such node');
});

tfTest('a graph that fails is given up, and its run done operator by operator', async (t) => {
  const { numTensors } = tf.memory();
  const graph: TracedGraph = {
    run: () => {
      throw new Error('out of memory');
    },
    dispose: () => undefined,
  };
  const execution = new Execution({ tf, program, tracer: tracer(async () => graph) }, [2]);
  execution.traceNext();
  for (let run = 0; run < 2; run++) t.deepEqual(await valuesOf(execution), [7, 9]);
  t.is(execution.note, 'runs operator by operator: out of memory');
  t.is(tf.memory().numTensors, numTensors);
});
