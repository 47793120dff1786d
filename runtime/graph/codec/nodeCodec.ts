import { clearField, create } from '@bufbuild/protobuf';
import { AgentError } from '../../errors.js';
import { type Attribute, type Node, nodeLabel } from '../graph.js';
import { type AttributeProto, AttributeProtoSchema, type NodeProto, NodeProtoSchema } from '../onnx.pb.js';
import { decodeAttribute, encodeAttribute } from './attributeCodec.js';
import { residueOf, withResidue } from './residue.js';
import { tensorResidue } from './tensorCodec.js';

/** `Node.residue` of a node that came from a file and has any. */
interface NodeResidue {
  readonly node: Uint8Array | undefined;
  readonly attributes: ReadonlyMap<string, Uint8Array>;
}

/** Returns the node that a proto describes. The proto is taken apart: it must not be used afterwards. */
export function decodeNode(proto: NodeProto, where: string): Node {
  if (proto.opType === '') throw new AgentError('onnx_malformed', `${where}: a node has no operator`);
  const attributes = new Map<string, Attribute>();
  const node: Node = {
    name: proto.name,
    opType: proto.opType,
    domain: normalDomain(proto.domain),
    inputs: proto.input,
    outputs: proto.output,
    attributes,
  };
  const residues = new Map<string, Uint8Array>();
  for (const attributeProto of proto.attribute) {
    const { name } = attributeProto;
    const attribute = decodeAttribute(attributeProto, `${where}, ${nodeLabel(node)}, attribute "${name}"`);
    attributes.set(name, attribute);
    const residue = attribute.type === 'opaque' ? undefined : attributeResidue(attributeProto);
    if (residue !== undefined) residues.set(name, residue);
  }
  const residue = nodeResidue(proto);
  if (residue === undefined && residues.size === 0) return node;
  return { ...node, residue: { node: residue, attributes: residues } satisfies NodeResidue };
}

/** Returns the node as a proto. The inverse of `decodeNode`. */
export function encodeNode(node: Node): NodeProto {
  const residue = node.residue as NodeResidue | undefined;
  const proto = create(NodeProtoSchema, {
    ...(node.name === '' ? {} : { name: node.name }),
    ...(node.domain === '' ? {} : { domain: node.domain }),
    opType: node.opType,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: [...node.attributes].map(([name, attribute]) =>
      withResidue(AttributeProtoSchema, encodeAttribute(name, attribute), residue?.attributes.get(name)),
    ),
  });
  return withResidue(NodeProtoSchema, proto, residue?.node);
}

/** `ai.onnx` is the standard domain's other name. */
export function normalDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

function nodeResidue(proto: NodeProto): Uint8Array | undefined {
  const { input, output, attribute, name, opType, domain } = NodeProtoSchema.field;
  for (const field of [input, output, attribute, name, opType, domain]) clearField(proto, field);
  return residueOf(NodeProtoSchema, proto);
}

function attributeResidue(proto: AttributeProto): Uint8Array | undefined {
  const { name, type, f, i, s, floats, ints, strings } = AttributeProtoSchema.field;
  for (const field of [name, type, f, i, s, floats, ints, strings]) clearField(proto, field);
  if (proto.t !== undefined) {
    const tensorName = proto.t.name;
    const residue = tensorResidue(proto.t);
    if (tensorName !== '') proto.t.name = tensorName;
    else if (residue === undefined) clearField(proto, AttributeProtoSchema.field.t);
  }
  return residueOf(AttributeProtoSchema, proto);
}
