import { intAttribute } from '../../graph.js';
import { constantNumbers, inputType, normalAxis, type RuleTable, type ShapeRule } from './rule.js';

const topK: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const axis = normalAxis(view, intAttribute(view.node, 'axis', -1), dims.length);
  const chosen = dims.with(axis, constantNumbers(view, 1)[0]!);
  return [
    { dtype, dims: chosen },
    { dtype: 'int64', dims: chosen },
  ];
};

const gatherElements: ShapeRule = (view) => [
  { dtype: inputType(view, 0).dtype, dims: inputType(view, 1).dims },
];

const argument: ShapeRule = (view) => {
  const { dims } = inputType(view, 0);
  const axis = normalAxis(view, intAttribute(view.node, 'axis', 0), dims.length);
  const keep = intAttribute(view.node, 'keepdims', 1) === 1;
  return [{ dtype: 'int64', dims: keep ? dims.with(axis, 1) : dims.toSpliced(axis, 1) }];
};

/** Operators that choose elements by their values. */
export const choosingRules: RuleTable = {
  TopK: topK,
  GatherElements: gatherElements,
  ArgMax: argument,
  ArgMin: argument,
};
