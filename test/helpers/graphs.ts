import type { Attribute, Graph, Node, ValueInfo } from '../../runtime/graph/graph.js';
import { inferShapes } from '../../runtime/graph/passes/inferShapes.js';
import { type DataType, elementCount, float32Tensor, type Tensor } from '../../runtime/graph/tensor.js';
import { tensorTypes } from '../../runtime/graph/tensorTypes.js';
import { randomFloats } from './random.js';

/** A whole number is an `int`, another number a `float`; write `{ type: 'float', value: 1 }` for a whole float. */
type AttributeLike = number | readonly number[] | string | Tensor | Attribute;

interface NodeOptions {
  readonly attributes?: Readonly<Record<string, AttributeLike>>;
  readonly domain?: string;
  readonly name?: string;
}

interface ConvOptions {
  /** [filters, channels per group, height, width]. */
  readonly weights: readonly number[];
  readonly stride?: number;
  readonly pad?: number;
  readonly group?: number;
}

/**
 * Builds small graphs for tests. Each method returns the name of the tensor that it adds; weights are random in
 * [-1, 1) and the same for the same seed.
 *
 *     const g = graphBuilder();
 *     const x = g.input('x', [1, 3, 8, 8]);
 *     const graph = g.build([g.relu(g.conv(x, { weights: [4, 3, 3, 3], pad: 1 }))]);
 */
export function graphBuilder({ seed = 1, opset = 13, irVersion = 8 } = {}) {
  const inputs: ValueInfo[] = [];
  const initializers = new Map<string, Tensor>();
  const nodes: Node[] = [];
  let serial = 0;
  const nextName = (kind: string): string => `${kind.toLowerCase()}_${++serial}`;

  const builder = {
    input(name: string, dims: ValueInfo['dims'], dtype: DataType = 'float32'): string {
      inputs.push({ name, dtype, dims });
      return name;
    },
    constant(tensor: Tensor, name = nextName('constant')): string {
      initializers.set(name, tensor);
      return name;
    },
    /** A one-dimensional int64 constant, as shapes and axes are. */
    ints(...values: readonly number[]): string {
      return builder.constant({
        dtype: 'int64',
        dims: [values.length],
        data: BigInt64Array.from(values, BigInt),
      });
    },
    /** A float constant of random values. */
    weights(...dims: readonly number[]): string {
      return builder.constant(float32Tensor(dims, randomFloats(elementCount(dims), seed + ++serial)));
    },
    node(opType: string, reads: readonly string[], options: NodeOptions = {}): string {
      return builder.nodeWithOutputs(opType, reads, { ...options, count: 1 })[0]!;
    },
    nodeWithOutputs(
      opType: string,
      reads: readonly string[],
      options: NodeOptions & { count: number },
    ): string[] {
      const name = options.name ?? nextName(opType);
      const outputs = Array.from({ length: options.count }, (_, index) =>
        index === 0 ? name : `${name}:${index}`,
      );
      const attributes = Object.entries(options.attributes ?? {}).map(
        ([key, value]) => [key, toAttribute(value)] as const,
      );
      const domain = options.domain ?? '';
      nodes.push({ name, opType, domain, inputs: reads, outputs, attributes: new Map(attributes) });
      return outputs;
    },
    conv(input: string, { weights, stride = 1, pad = 0, group = 1 }: ConvOptions): string {
      const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad], group };
      return builder.node('Conv', [input, builder.weights(...weights), builder.weights(weights[0]!)], {
        attributes,
      });
    },
    batchNorm(input: string, channels: number): string {
      const variance = Float32Array.from({ length: channels }, (_, channel) => 0.01 + channel);
      const statistics = [0, 1, 2].map(() => builder.weights(channels));
      const reads = [input, ...statistics, builder.constant(float32Tensor([channels], variance))];
      return builder.node('BatchNormalization', reads, { attributes: { epsilon: 0.001 } });
    },
    relu(input: string): string {
      return builder.node('Relu', [input]);
    },
    /** The graph with these outputs, whose types are inferred. */
    build(outputs: readonly string[]): Graph {
      const types = tensorTypes(inferShapes(builder.buildRaw([])));
      return builder.buildRaw(outputs.map((name) => types.get(name)!));
    },
    /** The graph as it is, for operators and shapes that inference refuses. */
    buildRaw(outputs: readonly ValueInfo[]): Graph {
      return {
        name: 'test',
        irVersion,
        opsets: new Map([['', opset]]),
        inputs: [...inputs],
        outputs,
        initializers: new Map(initializers),
        nodes: [...nodes],
        values: new Map(),
        metadata: new Map(),
      };
    },
  };
  return builder;
}

function toAttribute(value: AttributeLike): Attribute {
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { type: 'int', value: BigInt(value) } : { type: 'float', value };
  }
  if (isNumbers(value)) {
    return value.every(Number.isInteger)
      ? { type: 'ints', value: value.map(BigInt) }
      : { type: 'floats', value };
  }
  return 'dtype' in value ? { type: 'tensor', value } : value;
}

function isNumbers(value: AttributeLike): value is readonly number[] {
  return Array.isArray(value);
}

/** Returns a float32 tensor of random values in [-1, 1) for each input of the graph. */
export function randomFeeds(graph: Graph, seed = 7): Record<string, Tensor> {
  const feed = ({ name, dims }: ValueInfo, index: number) => {
    const sizes = dims.map((dim) => (typeof dim === 'number' ? dim : 1));
    return [name, float32Tensor(sizes, randomFloats(elementCount(sizes), seed + index))] as const;
  };
  return Object.fromEntries(graph.inputs.map(feed));
}
