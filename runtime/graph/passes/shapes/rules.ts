import { constantValue } from '../constants/constantValue.js';
import { choosingRules } from './choosing.js';
import { elementwiseRules } from './elementwise.js';
import { fillingRules } from './filling.js';
import { logicRules } from './logic.js';
import { matrixRules } from './matrix.js';
import { quantizeRules } from './quantize.js';
import { reshapeRules } from './reshape.js';
import { resizeRules } from './resize.js';
import { fail, type RuleTable, type ShapeRule } from './rule.js';
import { slicingRules } from './slicing.js';
import { windowRules } from './window.js';

const constant: ShapeRule = (view) => [
  constantValue(view.node) ?? fail(view, 'holds a value of a kind that is not supported', 'op_unsupported'),
];

/** The shape rule of each operator of the standard domain. */
export const shapeRules: RuleTable = {
  ...elementwiseRules,
  ...windowRules,
  ...reshapeRules,
  ...slicingRules,
  ...resizeRules,
  ...matrixRules,
  ...quantizeRules,
  ...logicRules,
  ...fillingRules,
  ...choosingRules,
  Constant: constant,
};
