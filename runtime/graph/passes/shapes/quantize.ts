import { dataTypeOf } from '../../codec/dataTypes.js';
import { intAttribute } from '../../graph.js';
import { inputType, type RuleTable, type ShapeRule } from './rule.js';

/** The zero point's type, else attribute `output_dtype`, else uint8. */
const quantizeLinear: ShapeRule = (view) => {
  const asked = dataTypeOf(intAttribute(view.node, 'output_dtype', 0));
  return [{ dtype: view.types[2]?.dtype ?? asked ?? 'uint8', dims: inputType(view, 0).dims }];
};

const dequantizeLinear: ShapeRule = (view) => [
  { dtype: inputType(view, 1).dtype, dims: inputType(view, 0).dims },
];

export const quantizeRules: RuleTable = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
};
