import { broadcastDims } from './broadcast.js';
import { fail, inputType, type RuleTable, type ShapeRule } from './rule.js';

const compare: ShapeRule = (view) => [{ dtype: 'bool', dims: broadcastInputs(view) }];

const not: ShapeRule = (view) => [inputType(view, 0)];

const where: ShapeRule = (view) => [{ dtype: inputType(view, 1).dtype, dims: broadcastInputs(view) }];

function broadcastInputs(view: Parameters<ShapeRule>[0]): readonly number[] {
  return view.types
    .map((_, index) => inputType(view, index).dims)
    .reduce(
      (left, right) => broadcastDims(left, right) ?? fail(view, `[${left}] and [${right}] do not broadcast`),
    );
}

const comparing = ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'And', 'Or', 'Xor'];

/** Comparisons, logic, and the choice by its result. */
export const logicRules: RuleTable = {
  ...Object.fromEntries(comparing.map((op) => [op, compare])),
  Not: not,
  Where: where,
};
