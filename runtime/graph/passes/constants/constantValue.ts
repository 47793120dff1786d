import type { Node } from '../../graph.js';
import { float32Tensor, type Tensor } from '../../tensor.js';

/** Returns the value of a Constant node, or undefined when it is of a kind that is not modelled, such as a string. */
export function constantValue(node: Node): Tensor | undefined {
  for (const attribute of node.attributes.values()) {
    switch (attribute.type) {
      case 'tensor':
        return attribute.value;
      case 'float':
        return float32Tensor([], Float32Array.of(attribute.value));
      case 'floats':
        return float32Tensor([attribute.value.length], Float32Array.from(attribute.value));
      case 'int':
        return { dtype: 'int64', dims: [], data: BigInt64Array.of(attribute.value) };
      case 'ints':
        return { dtype: 'int64', dims: [attribute.value.length], data: BigInt64Array.from(attribute.value) };
    }
  }
  return undefined;
}
