import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AgentError } from '../../../../errors.js';
import type { KernelBackend, NativeTensor, OpAttribute } from '../kernelBackend.js';
import type { Trace, TraceNode, TraceSource } from './recordCalls.js';
import { resultName } from './resultNames.js';

export const servingTag = 'serve';

/** Names of the graph's tensors. */
export const feedTensor = (feed: number): string => `${feedName(feed)}:0`;
export const outputTensor = (output: number): string => `call:${output}`;

const feedName = (feed: number): string => `x${feed}`;
const resultOf = (output: number): string => `y${output}`;
const nodeName = (node: number): string => `n${node}`;
const functionName = 'trace';

/** `TF_GRAPH_DEF_VERSION` of TensorFlow 2.9, which tfjs-node 4.22 is written for. */
const graphDefVersion = 1087;

type Write = (writer: BinaryWriter) => void;

/**
 * Returns a SavedModel (https://www.tensorflow.org/guide/saved_model) that runs the trace: `saved_model.pb`, and all there is of
 * it. The numbers of fields are those of TensorFlow's saved_model.proto, meta_graph.proto, graph.proto, node_def.proto,
 * attr_value.proto, function.proto, op_def.proto, tensor.proto and config.proto.
 *
 * The trace is a function whose call switches the optimizer off (Grappler), and which is marked as one that the optimizer of
 * the graph around it leaves alone. It would make multiplications of divisions and draw factors out of sums: other floats, and
 * at ties other codes. With oneDNN it also ends the process on some of these graphs.
 *
 * @throws AgentError `op_unsupported`
 */
export function encodeSavedModel(binding: KernelBackend['binding'], trace: Trace): Uint8Array {
  return encode((savedModel) => {
    savedModel.tag(1, WireType.Varint).int64(1);
    message(savedModel, 2, (metaGraph) => {
      message(metaGraph, 1, (info) => text(info, 4, servingTag));
      message(metaGraph, 2, (graph) => writeGraph(graph, trace, binding));
    });
  });
}

function writeGraph(graph: BinaryWriter, trace: Trace, binding: KernelBackend['binding']): void {
  for (const [index, { dtype, shape }] of trace.feeds.entries()) {
    message(graph, 1, (node) => {
      writeNodeHead(node, { name: feedName(index), op: 'Placeholder', inputs: [] });
      attribute(node, 'dtype', typeValue(dtype));
      attribute(node, 'shape', (value) => message(value, 7, shapeOf(shape)));
    });
  }
  message(graph, 1, (node) => {
    const inputs = trace.feeds.map((_, feed) => feedName(feed));
    writeNodeHead(node, { name: 'call', op: 'PartitionedCall', inputs });
    attribute(node, 'Tin', typesValue(trace.feeds));
    attribute(node, 'Tout', typesValue(trace.outputs));
    attribute(node, 'f', (value) => message(value, 10, (called) => text(called, 1, functionName)));
    attribute(node, 'config_proto', (value) => bytes(value, 2, withoutOptimizer()));
  });
  message(graph, 2, (library) => message(library, 1, (def) => writeFunction(def, trace, binding)));
  message(graph, 4, (versions) => versions.tag(1, WireType.Varint).int32(graphDefVersion));
}

function writeFunction(def: BinaryWriter, trace: Trace, binding: KernelBackend['binding']): void {
  const argument = (name: string, { dtype }: NativeTensor): Write => {
    return (arg) => {
      text(arg, 1, name);
      arg.tag(3, WireType.Varint).int32(dtype);
    };
  };
  message(def, 1, (signature) => {
    text(signature, 1, functionName);
    for (const [feed, type] of trace.feeds.entries()) message(signature, 2, argument(feedName(feed), type));
    for (const [output, type] of trace.outputs.entries())
      message(signature, 3, argument(resultOf(output), type));
  });
  for (const [index, node] of trace.nodes.entries()) {
    message(def, 3, (writer) => {
      if ('constant' in node) return writeConstant(writer, { name: nodeName(index), ...node });
      const inputs = node.inputs.map((source) => reference(source, trace.nodes));
      writeNodeHead(writer, { name: nodeName(index), op: node.op, inputs });
      for (const given of node.attributes) attribute(writer, given.name, attributeValue(given, binding));
    });
  }
  for (const [output, { source }] of trace.outputs.entries()) {
    message(def, 4, (entry) => {
      text(entry, 1, resultOf(output));
      text(entry, 2, reference(source, trace.nodes));
    });
  }
  // Neither inlined into the graph around it nor optimized as part of it, which the mark of tf.data's functions prevents.
  for (const mark of ['_noinline', '_tf_data_function']) {
    attribute(def, mark, (value) => value.tag(5, WireType.Varint).bool(true));
  }
}

/** How a function's nodes refer to a tensor. */
function reference(source: TraceSource, nodes: readonly TraceNode[]): string {
  if ('feed' in source) return feedName(source.feed);
  const node = nodes[source.node]!;
  const result = 'constant' in node ? 'output' : resultName(node.op);
  return `${nodeName(source.node)}:${result}:${source.output}`;
}

function writeNodeHead(
  node: BinaryWriter,
  { name, op, inputs }: { name: string; op: string; inputs: readonly string[] },
): void {
  text(node, 1, name);
  text(node, 2, op);
  for (const input of inputs) text(node, 3, input);
}

function writeConstant(
  node: BinaryWriter,
  { name, constant, values }: { name: string } & Extract<TraceNode, { constant: NativeTensor }>,
): void {
  const { dtype, shape } = constant;
  writeNodeHead(node, { name, op: 'Const', inputs: [] });
  attribute(node, 'dtype', typeValue(dtype));
  attribute(node, 'value', (value) => {
    message(value, 8, (tensor) => {
      tensor.tag(1, WireType.Varint).int32(dtype);
      message(tensor, 2, shapeOf(shape));
      bytes(tensor, 4, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    });
  });
}

/** Nodes and functions have their attributes in the same field. */
function attribute(owner: BinaryWriter, name: string, value: Write): void {
  message(owner, 5, (entry) => {
    text(entry, 1, name);
    message(entry, 2, value);
  });
}

/** @throws AgentError `op_unsupported` for a kind of attribute that none of our operators has */
function attributeValue({ name, type, value }: OpAttribute, binding: KernelBackend['binding']): Write {
  const writeOne = (writer: BinaryWriter, one: unknown): void => {
    if (type === binding.TF_ATTR_STRING) text(writer, 2, String(one));
    else if (type === binding.TF_ATTR_INT) writer.tag(3, WireType.Varint).int64(Number(one));
    else if (type === binding.TF_ATTR_FLOAT) writer.tag(4, WireType.Bit32).float(Number(one));
    else if (type === binding.TF_ATTR_BOOL) writer.tag(5, WireType.Varint).bool(Boolean(one));
    else if (type === binding.TF_ATTR_TYPE) writer.tag(6, WireType.Varint).int32(Number(one));
    else {
      const what = `expected a string, number, boolean or type as attribute ${name}, got type ${type} of attributes`;
      throw new AgentError('op_unsupported', what, { detail: { where: name, got: type } });
    }
  };
  if (!Array.isArray(value)) return (writer) => writeOne(writer, value);
  return (writer) =>
    message(writer, 1, (list) => {
      for (const one of value) writeOne(list, one);
    });
}

const typeValue =
  (dtype: number): Write =>
  (value) =>
    value.tag(6, WireType.Varint).int32(dtype);

const typesValue =
  (tensors: readonly NativeTensor[]): Write =>
  (value) =>
    message(value, 1, (list) => {
      for (const { dtype } of tensors) typeValue(dtype)(list);
    });

const shapeOf =
  (shape: readonly number[]): Write =>
  (writer) => {
    for (const size of shape) message(writer, 2, (dim) => dim.tag(1, WireType.Varint).int64(size));
  };

/** A ConfigProto: `graph_options.rewrite_options.disable_meta_optimizer`. */
function withoutOptimizer(): Uint8Array {
  return encode((config) => {
    message(config, 10, (graph) => {
      message(graph, 10, (rewriter) => rewriter.tag(19, WireType.Varint).bool(true));
    });
  });
}

function encode(write: Write): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

function message(writer: BinaryWriter, field: number, write: Write): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function bytes(writer: BinaryWriter, field: number, value: Uint8Array): void {
  writer.tag(field, WireType.LengthDelimited).bytes(value);
}
