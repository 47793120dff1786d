import { clearField, create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AgentError, toAgentError } from '../errors.js';
import { decodeNode, encodeNode } from './codec/nodeCodec.js';
import { inTopologicalOrder } from './codec/nodeOrder.js';
import { assertVersions, decodeOpsets } from './codec/opsets.js';
import { residueOf, withResidue } from './codec/residue.js';
import { decodeTensor, encodeTensor, tensorResidue } from './codec/tensorCodec.js';
import { decodePort, decodeValueInfo, encodeValueInfo, valueResidue } from './codec/valueInfoCodec.js';
import type { Graph, ValueInfo } from './graph.js';
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  TensorProtoSchema,
  type ValueInfoProto,
} from './onnx.pb.js';
import type { Tensor } from './tensor.js';
import { assertWellFormed } from './wellFormed.js';

/** `Graph.residue` of a graph that came from a file. */
interface GraphResidue {
  readonly model: Uint8Array | undefined;
  readonly tensors: ReadonlyMap<string, Uint8Array>;
  readonly values: ReadonlyMap<string, Uint8Array>;
}

/**
 * Returns the graph that an ONNX file holds. Nothing refers to `bytes` afterwards. What is not modelled (doc strings,
 * functions, quantization annotations, fields of a newer format) is kept in `residue` and written back.
 *
 * @param where file or other origin, for messages
 * @throws AgentError `onnx_malformed` when the bytes are not ONNX, are cut short or describe no valid graph;
 *   `onnx_unsupported` for another version, element type or layout than is supported
 */
export function decodeOnnx(bytes: Uint8Array, where = 'ONNX model'): Graph {
  const model = parse(bytes, where);
  const proto = model.graph;
  if (proto === undefined) throw malformed(where, 'expected a model, got one without a graph');
  const opsets = decodeOpsets(model.opsetImport);
  const irVersion = Number(model.irVersion);
  assertVersions({ irVersion, opsets }, where);
  if (proto.sparseInitializer.length > 0) {
    throw new AgentError('onnx_unsupported', `${where}: sparse initializers are not supported`);
  }
  const values = decodeValues(proto);
  const tensors = decodeInitializers(proto, where);
  const graph: Graph = {
    name: proto.name,
    irVersion,
    opsets,
    inputs: proto.input
      .filter(({ name }) => !tensors.initializers.has(name))
      .map((port) => decodePort(port, where)),
    outputs: proto.output.map((port) => decodePort(port, where)),
    initializers: tensors.initializers,
    nodes: inTopologicalOrder(proto.node.map((node) => decodeNode(node, where))),
    values: values.types,
    metadata: new Map(model.metadataProps.map(({ key, value }) => [key, value])),
    residue: {
      model: modelResidue(model),
      tensors: tensors.residues,
      values: values.residues,
    } satisfies GraphResidue,
  };
  assertWellFormed(graph, where);
  return graph;
}

/** Returns the graph as the bytes of an ONNX file. The inverse of `decodeOnnx`. */
export function encodeOnnx(graph: Graph): Uint8Array {
  const residue = graph.residue as GraphResidue | undefined;
  const encodePort = (value: ValueInfo): ValueInfoProto =>
    encodeValueInfo(value, residue?.values.get(value.name));
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(graph.irVersion),
    opsetImport: [...graph.opsets].map(([domain, version]) => ({ domain, version: BigInt(version) })),
    metadataProps: [...graph.metadata].map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      input: [...graph.inputs, ...listedInitializers(graph)].map(encodePort),
      output: graph.outputs.map(encodePort),
      valueInfo: [...graph.values.values()].map(encodePort),
      initializer: [...graph.initializers].map(([name, tensor]) =>
        withResidue(TensorProtoSchema, encodeTensor(name, tensor), residue?.tensors.get(name)),
      ),
      node: graph.nodes.map(encodeNode),
    },
  });
  return toBinary(ModelProtoSchema, withResidue(ModelProtoSchema, model, residue?.model));
}

function parse(bytes: Uint8Array, where: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw malformed(
      where,
      `expected an ONNX model, got bytes that are none or cut short (${toAgentError(cause).message})`,
      cause,
    );
  }
}

function malformed(where: string, what: string, cause?: unknown): AgentError {
  return new AgentError('onnx_malformed', `${where}: ${what}`, { cause, detail: { where } });
}

/** Before ONNX IR 4 every initializer has to be listed among the inputs; from then on it would cease to be constant. */
function listedInitializers(graph: Graph): ValueInfo[] {
  if (graph.irVersion >= 4) return [];
  return [...graph.initializers].map(([name, { dtype, dims }]) => ({ name, dtype, dims }));
}

function decodeValues(proto: GraphProto): {
  types: Map<string, ValueInfo>;
  residues: Map<string, Uint8Array>;
} {
  const types = new Map<string, ValueInfo>();
  const residues = new Map<string, Uint8Array>();
  for (const port of proto.valueInfo) {
    const value = decodeValueInfo(port);
    if (value !== undefined) types.set(port.name, value);
  }
  for (const port of [...proto.valueInfo, ...proto.input, ...proto.output]) {
    const residue = valueResidue(port);
    if (residue !== undefined) residues.set(port.name, residue);
  }
  return { types, residues };
}

function decodeInitializers(
  proto: GraphProto,
  where: string,
): { initializers: Map<string, Tensor>; residues: Map<string, Uint8Array> } {
  const initializers = new Map<string, Tensor>();
  const residues = new Map<string, Uint8Array>();
  for (const tensor of proto.initializer) {
    const { name } = tensor;
    if (name === '' || initializers.has(name)) {
      throw malformed(
        where,
        name === '' ? 'an initializer has no name' : `initializer "${name}" occurs twice`,
      );
    }
    initializers.set(name, decodeTensor(tensor, `${where}, initializer "${name}"`));
    const residue = tensorResidue(tensor);
    if (residue !== undefined) residues.set(name, residue);
  }
  return { initializers, residues };
}

/** Takes the proto apart: what remains is what the graph's own fields do not hold. */
function modelResidue(model: ModelProto): Uint8Array | undefined {
  const { irVersion, opsetImport, metadataProps } = ModelProtoSchema.field;
  for (const field of [irVersion, opsetImport, metadataProps]) clearField(model, field);
  if (model.graph !== undefined) {
    const { name, input, output, valueInfo, initializer, node } = GraphProtoSchema.field;
    for (const field of [name, input, output, valueInfo, initializer, node]) clearField(model.graph, field);
    if (residueOf(GraphProtoSchema, model.graph) === undefined)
      clearField(model, ModelProtoSchema.field.graph);
  }
  return residueOf(ModelProtoSchema, model);
}
