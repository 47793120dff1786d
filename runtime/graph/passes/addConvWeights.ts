import { freshName } from '../freshName.js';
import type { Tensor } from '../tensor.js';

/** What a Conv multiplies by and adds. */
export interface ConvWeights {
  readonly weights: Tensor;
  readonly bias: Tensor;
}

/** Adds them to `initializers` under names of the convolution's output, which nobody else has, and returns the names. */
export function addConvWeights(
  initializers: Map<string, Tensor>,
  output: string,
  parts: ConvWeights,
): [weights: string, bias: string] {
  const add = (part: keyof ConvWeights): string => {
    const name = freshName(`${output}/${part}`, (taken) => initializers.has(taken));
    initializers.set(name, parts[part]);
    return name;
  };
  return [add('weights'), add('bias')];
}
