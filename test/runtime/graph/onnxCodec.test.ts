import { readFileSync } from 'node:fs';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import test from 'ava';
import { AgentError } from '../../../runtime/errors.js';
import {
  type ModelProto,
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from '../../../runtime/graph/onnx.pb.js';
import { decodeOnnx, encodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import type { Tensor } from '../../../runtime/graph/tensor.js';
import { graphBuilder } from '../../helpers/graphs.js';
import { fixturesFolder } from '../../helpers/paths.js';

const kitchenSink = new Uint8Array(readFileSync(`${fixturesFolder}onnx/kitchen-sink.onnx`));

function smallModel() {
  const g = graphBuilder();
  const x = g.input('x', [1, 3, 8, 8]);
  return g.build([g.relu(g.conv(x, { weights: [4, 3, 3, 3], pad: 1 }))]);
}

/** The bytes of a valid small model after `change`. */
function changedModel(change: (model: ModelProto) => void): Uint8Array {
  const model = fromBinary(ModelProtoSchema, encodeOnnx(smallModel()));
  change(model);
  return toBinary(ModelProtoSchema, model);
}

test('every element type is read from typed fields and from raw data', (t) => {
  const { initializers } = decodeOnnx(kitchenSink);
  const read = (name: string) => Array.from(initializers.get(name)!.data, Number);
  for (const name of ['FLOAT', 'DOUBLE', 'INT4', 'INT8', 'INT16', 'INT32', 'INT64']) {
    t.deepEqual(read(`typed_${name}`), [-2, 0, 7], name);
  }
  for (const name of ['UINT4', 'UINT8', 'UINT16', 'UINT32', 'UINT64']) {
    t.deepEqual(read(`typed_${name}`), [2, 0, 7], name);
  }
  for (const name of ['FLOAT', 'DOUBLE', 'INT64']) t.deepEqual(read(`raw_${name}`), [-2, 0, 7], name);
  // The bits of the halves -2, 0 and 7.
  for (const name of ['typed_FLOAT16', 'raw_FLOAT16']) t.deepEqual(read(name), [0xc000, 0, 0x4700], name);
  t.deepEqual(read('typed_BOOL'), [1, 0, 1]);
  t.deepEqual(read('raw_INT4'), [-8, 7, -1, 0, 3]);
  t.deepEqual(initializers.get('scalar')!.dims, []);
  t.is(initializers.get('empty')!.data.length, 0);
});

test('what the graph does not model survives a round trip', (t) => {
  const graph = decodeOnnx(kitchenSink);
  const written = encodeOnnx(graph);
  t.deepEqual(decodeOnnx(written), graph);

  const model = fromBinary(ModelProtoSchema, written);
  t.is(model.docString, 'doc of a model');
  t.is(model.producerName, 'make_kitchen_sink');
  t.is(model.functions[0]!.name, 'Double');
  t.is(model.$unknown?.[0]?.no, 999);
  t.is(model.metadataProps[0]!.value, 'metadata');
  const { graph: proto } = model;
  t.is(proto!.docString, 'doc of a graph');
  t.is(proto!.metadataProps[0]!.value, 'metadata');
  t.is(proto!.quantizationAnnotation[0]!.tensorName, 'y');
  t.is(proto!.node[0]!.docString, 'doc of a node');
  t.is(proto!.node[0]!.metadataProps[0]!.value, 'metadata');
  t.is(proto!.node[1]!.attribute[0]!.docString, 'doc of an attribute');
  t.is(proto!.initializer[0]!.docString, 'doc of an initializer');
  t.is(proto!.initializer[0]!.metadataProps[0]!.value, 'metadata');
  t.is(proto!.input[0]!.docString, 'doc of an input');
  const { value } = proto!.input[0]!.type!;
  t.is(value.case === 'tensorType' ? value.value.shape?.dim[0]?.denotation : undefined, 'DATA_BATCH');
});

test('symbolic and unknown dimensions keep their form', (t) => {
  t.deepEqual(decodeOnnx(kitchenSink).inputs[0]!.dims, ['N', 3, null]);
  t.deepEqual(decodeOnnx(kitchenSink).values.get('twice')!.dims, ['N', 3, 4]);
});

test('a tensor of four-bit codes is packed two to a byte', (t) => {
  const g = graphBuilder({ opset: 21, irVersion: 10 });
  const codes: Tensor = { dtype: 'int4', dims: [3], data: Int8Array.of(-8, 7, -1) };
  g.constant(codes, 'codes');
  const graph = g.buildRaw([]);
  const model = fromBinary(ModelProtoSchema, encodeOnnx(graph));
  t.deepEqual([...model.graph!.initializer[0]!.rawData], [0x78, 0x0f]);
  t.deepEqual(decodeOnnx(encodeOnnx(graph)).initializers.get('codes'), codes);
});

test('initializers are listed as inputs before ONNX IR 4 and never are inputs of the graph', (t) => {
  const graph = { ...smallModel(), irVersion: 3 };
  const model = fromBinary(ModelProtoSchema, encodeOnnx(graph));
  t.deepEqual(
    model.graph!.input.map(({ name }) => name),
    ['x', ...graph.initializers.keys()],
  );
  t.deepEqual(
    decodeOnnx(encodeOnnx(graph)).inputs.map(({ name }) => name),
    ['x'],
  );
});

test('the graph does not change when the bytes that it came from do', (t) => {
  const bytes = encodeOnnx(smallModel());
  const graph = decodeOnnx(bytes);
  const before = encodeOnnx(graph);
  bytes.fill(0);
  t.deepEqual(encodeOnnx(graph), before);
});

test('the standard domain may be spelled ai.onnx', (t) => {
  const bytes = changedModel((model) => {
    model.opsetImport[0]!.domain = 'ai.onnx';
    model.graph!.node[0]!.domain = 'ai.onnx';
  });
  const graph = decodeOnnx(bytes);
  t.is(graph.opsets.get(''), 13);
  t.is(graph.nodes[0]!.domain, '');
});

for (const [name, bytes] of [
  ['an empty file', new Uint8Array(0)],
  [
    'a JPEG',
    Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0),
  ],
  ['text', new TextEncoder().encode('{"name": "a manifest, not a model"}')],
  ['zeros', new Uint8Array(1000)],
] as const) {
  test(`${name} is refused as malformed`, (t) => {
    const error = t.throws(() => decodeOnnx(bytes, 'model.onnx'), { instanceOf: AgentError });
    t.is(error?.code, 'onnx_malformed');
    t.true(error?.message.startsWith('model.onnx: '));
  });
}

test('a file cut short anywhere is refused as malformed, or lacks nothing that a graph needs', (t) => {
  for (const whole of [kitchenSink, encodeOnnx(smallModel())]) {
    const graph = decodeOnnx(whole);
    for (let length = 0; length < whole.length; length++) {
      try {
        const { nodes, initializers } = decodeOnnx(whole.subarray(0, length));
        // A cut between the last fields of the model leaves a valid model.
        t.deepEqual([nodes.length, initializers.size], [graph.nodes.length, graph.initializers.size]);
      } catch (error) {
        t.is((error as AgentError).code, 'onnx_malformed', `${length} of ${whole.length} bytes: ${error}`);
      }
    }
  }
});

test('a file with any one byte changed is read or refused, and never fails otherwise', (t) => {
  for (let index = 0; index < kitchenSink.length; index++) {
    const damaged = kitchenSink.slice();
    damaged[index]! ^= 0xff;
    try {
      decodeOnnx(damaged);
    } catch (error) {
      t.true(error instanceof AgentError, `byte ${index}: ${error}`);
      t.regex((error as AgentError).code, /^onnx_(malformed|unsupported)$/);
    }
  }
});

for (const [what, code, change] of [
  ['operator set 7', 'onnx_unsupported', (model) => setOpset(model, 7)],
  ['operator set 99', 'onnx_unsupported', (model) => setOpset(model, 99)],
  ['no operator set', 'onnx_malformed', (model) => model.opsetImport.splice(0)],
  [
    'a newer file format',
    'onnx_unsupported',
    (model) => {
      model.irVersion = 99n;
    },
  ],
  [
    'external data',
    'onnx_unsupported',
    (model) => {
      Object.assign(model.graph!.initializer[0]!, { dataLocation: TensorProto_DataLocation.EXTERNAL });
    },
  ],
  [
    'complex weights',
    'onnx_unsupported',
    (model) => {
      model.graph!.initializer[0]!.dataType = 14;
    },
  ],
  [
    'too few weights',
    'onnx_malformed',
    (model) => {
      model.graph!.initializer[0]!.rawData = new Uint8Array(4);
    },
  ],
  ['dimensions below zero', 'onnx_malformed', (model) => model.graph!.initializer[0]!.dims.splice(0, 1, -4n)],
  [
    'absurd dimensions',
    'onnx_malformed',
    (model) => {
      model.graph!.initializer[0]!.dims = [2n ** 40n, 2n ** 40n];
    },
  ],
  ['an initializer twice', 'onnx_malformed', (model) => pushCopy(model)],
  [
    'an input without a shape',
    'onnx_unsupported',
    (model) => {
      model.graph!.input[0]!.type!.value = { case: undefined };
    },
  ],
] as const satisfies readonly (readonly [string, string, (model: ModelProto) => unknown])[]) {
  test(`a model with ${what} is refused with ${code}`, (t) => {
    const bytes = changedModel((model) => void change(model));
    const error = t.throws(() => decodeOnnx(bytes), { instanceOf: AgentError });
    t.is(error?.code, code);
  });
}

function setOpset(model: ModelProto, version: number): void {
  model.opsetImport[0]!.version = BigInt(version);
}

function pushCopy(model: ModelProto): void {
  const [first] = model.graph!.initializer;
  model.graph!.initializer.push(create(TensorProtoSchema, { name: first!.name, dataType: 1 }));
}
