import { activationRule, clipRule, hardSwishRule } from './activation.js';
import { binaryRule, concatRule } from './binary.js';
import { convolutionRule } from './convolution.js';
import {
  gatherRule,
  identityRule,
  reshapeRule,
  sliceRule,
  spaceToDepthRule,
  splitRule,
  transposeRule,
} from './moving.js';
import { poolingRule } from './pooling.js';
import { dequantizeRule, quantizeRule } from './quantize.js';
import { resizeRule } from './resize.js';
import type { Rule } from './rule.js';

/** Rules by operator of the standard domain. An operator without one runs as it is, in the tail. */
export const rules: Readonly<Partial<Record<string, Rule>>> = {
  Add: binaryRule,
  AveragePool: poolingRule,
  Clip: clipRule,
  Concat: concatRule,
  Conv: convolutionRule,
  DequantizeLinear: dequantizeRule,
  Gather: gatherRule,
  GlobalAveragePool: poolingRule,
  HardSigmoid: activationRule,
  HardSwish: hardSwishRule,
  Identity: identityRule,
  LeakyRelu: activationRule,
  Max: clipRule,
  MaxPool: poolingRule,
  Min: clipRule,
  Mul: binaryRule,
  QuantizeLinear: quantizeRule,
  Relu: clipRule,
  Reshape: reshapeRule,
  Resize: resizeRule,
  Sigmoid: activationRule,
  Slice: sliceRule,
  SpaceToDepth: spaceToDepthRule,
  Split: splitRule,
  Transpose: transposeRule,
};
