import {
  type Attribute,
  floatAttribute,
  type Graph,
  type Node,
  type ValueInfo,
} from '../../runtime/graph/graph.js';
import type { Tensor } from '../../runtime/graph/tensor.js';
import type { QuantParams } from '../../runtime/quantParams.js';
import { type LayerConstants, layerConstants } from './layerConstants.js';
import { slopeOnGrids } from './leakyReluRoundings.js';
import { isNarrowView } from './narrowView.js';
import { openGrids } from './openGrids.js';
import type { Layer, QuantizationPlan } from './plan.js';
import type { QuantizedBias } from './quantizedBias.js';
import type { Quantizers } from './scaleTable.js';
import type { QuantizedWeights } from './weightGrid.js';

/** Name of the codes (uint8) of a tensor on a grid. */
export const codeName = (tensor: string) => `${tensor}/code`;

/** Name of a tensor on a grid before it is quantized. */
export const rawName = (tensor: string) => `${tensor}/raw`;

/** Name under which what reads a tensor on a grid finds its dequantized value. */
export const dequantizedName = (graph: Graph, tensor: string) =>
  graph.inputs.some(({ name }) => name === tensor) ? `${tensor}/dequantized` : tensor;

/** Names of a grid's scale (float32 scalar) and zero point (uint8 scalar). */
export const gridInputs = (id: number) => ({ scale: `grid${id}/scale`, zeroPoint: `grid${id}/zero_point` });

/** Name of the largest value (float32 scalar) of a grid below 8 bits. */
export const clipInput = (id: number) => `grid${id}/max`;

/** Name of the bias that a convolution of the quantized graph reads; a folded batch norm's is called `…/bias`. */
export const biasName = ({ outputs }: Node) => `${outputs[0]!}/quantized_bias`;

/** Name of the slope (float32 `[1]`) of a LeakyReLU between grids. */
export const slopeName = ({ outputs }: Node) => `${outputs[0]!}/slope`;

/**
 * Returns `graph` with its quantizers written in as QuantizeLinear / DequantizeLinear pairs: the file that
 * is served and, cut in pieces, the one that is searched. Each tensor on a grid keeps its name for the
 * dequantized value, so that everything behind it stays as it was; its raw value is called `…/raw`, its
 * codes `…/code`. Weights are int8 codes per output channel, biases int32 on the product of the two scales.
 *
 * Activations below 8 bits are clipped to their codes' range before they are quantized to uint8.
 *
 * @param open a layer whose weights and whose grids' parameters, and those of the grids settled by them, become inputs of the graph
 * (`gridInputs`, and the weight's own name, float32), so that one session tries every candidate; with them the biases (`biasName`, float32) that
 * are rounded on either, and the slopes (`slopeName`) that depend on the grids. `candidateFeeds` has what they are fed.
 */
export function insertQuantizers(
  graph: Graph,
  plan: QuantizationPlan,
  quantizers: Quantizers,
  { open }: { open?: Layer } = {},
): Graph {
  const writer = new Writer(graph);
  const openIds = open && openGrids(plan, open);
  const isOpen = (grid: number | undefined) => grid !== undefined && (openIds?.has(grid) ?? false);
  const onGrid = (tensor: string, raw: string, dequantized: string) => {
    const id = plan.gridOfTensor.get(tensor);
    if (id === undefined) return;
    const shape = graph.values.get(tensor) ?? graph.inputs.find(({ name }) => name === tensor);
    writer.quantizeDequantize({
      id,
      params: quantizers.grids[id]!,
      isOpen: isOpen(id),
      tensor,
      raw,
      dequantized,
      shape,
    });
  };

  const renamed = new Map<string, string>();
  for (const { name } of graph.inputs) {
    if (!plan.gridOfTensor.has(name)) continue;
    renamed.set(name, dequantizedName(graph, name));
    onGrid(name, name, dequantizedName(graph, name));
  }
  const constants = new Map<Layer, LayerConstants>();
  const constantsOf = (layer: Layer) => {
    const known = constants.get(layer) ?? layerConstants({ graph, plan }, quantizers, layer);
    constants.set(layer, known);
    return known;
  };
  const layerOfWeight = new Map(plan.layers.map((layer) => [layer.weight, layer]));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => renamed.get(input) ?? input);
    const layer = node.opType === 'Conv' ? layerOfWeight.get(node.inputs[1]!) : undefined;
    if (layer) {
      const { weights, biases } = constantsOf(layer);
      if (layer === open) writer.openWeight(layer.weight, weights.dims);
      else writer.weight(layer.weight, weights);
      const bias = biases.get(node.outputs[0]!);
      if (bias) {
        const name = biasName(node);
        if (!('codes' in bias)) writer.constant(name, bias);
        else if (layer === open || isOpen(plan.gridOfTensor.get(node.inputs[0]!)))
          writer.openBias(name, [bias.codes.length]);
        else writer.bias(name, bias);
        inputs[2] = name;
      }
    }
    const outputs = node.outputs.map((name) => (plan.gridOfTensor.has(name) ? rawName(name) : name));
    const slope = leakyReluSlope(node, plan, quantizers);
    const isSlopeOpen = [node.inputs[0]!, node.outputs[0]!].some((name) =>
      isOpen(plan.gridOfTensor.get(name)),
    );
    if (isNarrowView(node) && plan.gridOfTensor.has(node.outputs[0]!))
      onGrid(node.outputs[0]!, inputs[0]!, node.outputs[0]!);
    else {
      if (slope === undefined) writer.nodes.push({ ...node, inputs, outputs });
      else writer.leakyRelu({ ...node, inputs, outputs }, slope, isSlopeOpen ? slopeName(node) : undefined);
      for (const [i, output] of node.outputs.entries()) onGrid(output, outputs[i]!, output);
    }
  }
  return writer.finish();
}

/** Returns the slope that a LeakyReLU between grids has there on every engine; `undefined` for other nodes. */
export function leakyReluSlope(
  node: Node,
  { gridOfTensor }: QuantizationPlan,
  { grids }: Quantizers,
): number | undefined {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!].map(
    (name) => grids[gridOfTensor.get(name) ?? -1],
  );
  if (node.opType !== 'LeakyRelu' || !input || !output) return undefined;
  return slopeOnGrids({ slope: floatAttribute(node, 'alpha', 0.01), input, output });
}

/** Accumulates the nodes and constants of the quantized graph. */
class Writer {
  readonly nodes: Node[] = [];
  readonly #inputs: ValueInfo[];
  readonly #values: Map<string, ValueInfo>;
  readonly #initializers: Map<string, Tensor>;

  constructor(readonly graph: Graph) {
    this.#inputs = [...graph.inputs];
    this.#values = new Map(graph.values);
    this.#initializers = new Map(graph.initializers);
  }

  quantizeDequantize(point: {
    id: number;
    params: QuantParams;
    isOpen: boolean;
    tensor: string;
    raw: string;
    dequantized: string;
    shape: ValueInfo | undefined;
  }): void {
    const { id, params, tensor, raw, dequantized, shape } = point;
    const { scale, zeroPoint } = gridInputs(id);
    if (point.isOpen) {
      this.#input({ name: scale, dtype: 'float32', dims: [] });
      this.#input({ name: zeroPoint, dtype: 'uint8', dims: [] });
    } else {
      this.#initializers.set(scale, { dtype: 'float32', dims: [], data: Float32Array.of(params.scale) });
      this.#initializers.set(zeroPoint, { dtype: 'uint8', dims: [], data: Uint8Array.of(params.zeroPoint) });
    }
    const code = codeName(tensor);
    if (shape) {
      this.#values.set(code, { ...shape, name: code, dtype: 'uint8' });
      this.#values.set(dequantized, { ...shape, name: dequantized });
      if (raw !== tensor) this.#values.set(raw, { ...shape, name: raw });
    }
    const clipped = params.qmax < 255 ? this.#clip(id, params, raw, point.isOpen) : raw;
    this.nodes.push(makeNode('QuantizeLinear', [clipped, scale, zeroPoint], code));
    this.nodes.push(makeNode('DequantizeLinear', [code, scale, zeroPoint], dequantized));
  }

  /** Values above the grid's last code; below, uint8 saturates at code 0 by itself. */
  #clip(id: number, { scale, zeroPoint, qmax }: QuantParams, raw: string, isOpen: boolean): string {
    const limit = clipInput(id);
    if (isOpen) this.#input({ name: limit, dtype: 'float32', dims: [] });
    else {
      const data = Float32Array.of(scale * (qmax - zeroPoint));
      this.#initializers.set(limit, { dtype: 'float32', dims: [], data });
    }
    this.nodes.push(makeNode('Min', [raw, limit], `${raw}/clipped`));
    return `${raw}/clipped`;
  }

  weight(name: string, { dims, codes, scales }: QuantizedWeights): void {
    if (!this.#initializers.delete(name)) return;
    this.#initializers.set(`${name}/code`, { dtype: 'int8', dims, data: codes });
    this.#dequantizeConstant(name, {
      scales,
      zeroPoints: { dtype: 'int8', dims: [scales.length], data: new Int8Array(scales.length) },
    });
  }

  openWeight(name: string, dims: readonly number[]): void {
    if (this.#initializers.delete(name)) this.#input({ name, dtype: 'float32', dims });
  }

  /** @param name of the input that the slope becomes, of a PRelu; by default it stays a constant */
  leakyRelu(node: Node, slope: number, name: string | undefined): void {
    const attributes = new Map(node.attributes).set('alpha', { type: 'float', value: slope });
    if (name === undefined) return void this.nodes.push({ ...node, attributes });
    this.#input({ name, dtype: 'float32', dims: [1] });
    this.nodes.push({ ...node, opType: 'PRelu', inputs: [...node.inputs, name], attributes: new Map() });
  }

  openBias(name: string, dims: readonly number[]): void {
    this.#input({ name, dtype: 'float32', dims });
  }

  constant(name: string, tensor: Tensor): void {
    this.#initializers.set(name, tensor);
  }

  /** Dequantized from int32 codes. */
  bias(name: string, { codes, scales }: QuantizedBias): void {
    this.#initializers.set(`${name}/code`, { dtype: 'int32', dims: [codes.length], data: codes });
    this.#dequantizeConstant(name, {
      scales,
      zeroPoints: { dtype: 'int32', dims: [codes.length], data: new Int32Array(codes.length) },
    });
  }

  #dequantizeConstant(
    name: string,
    { scales, zeroPoints }: { scales: Float32Array; zeroPoints: Tensor },
  ): void {
    this.#initializers.set(`${name}/scale`, { dtype: 'float32', dims: [scales.length], data: scales });
    this.#initializers.set(`${name}/zero_point`, zeroPoints);
    const inputs = [`${name}/code`, `${name}/scale`, `${name}/zero_point`];
    this.nodes.push(
      makeNode('DequantizeLinear', inputs, name, new Map([['axis', { type: 'int', value: 0n }]])),
    );
  }

  #input(info: ValueInfo): void {
    if (!this.#inputs.some(({ name }) => name === info.name)) this.#inputs.push(info);
  }

  finish(): Graph {
    const used = new Set(this.nodes.flatMap((node) => node.inputs));
    const initializers = new Map([...this.#initializers].filter(([name]) => used.has(name)));
    return { ...this.graph, inputs: this.#inputs, nodes: this.nodes, initializers, values: this.#values };
  }
}

function makeNode(
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: ReadonlyMap<string, Attribute> = new Map(),
): Node {
  return { name: `${output}/${opType}`, opType, domain: '', inputs, outputs: [output], attributes };
}
