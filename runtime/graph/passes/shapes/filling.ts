import { constantNumbers, inputType, type RuleTable, type ShapeRule } from './rule.js';

const constantOfShape: ShapeRule = (view) => {
  const value = view.node.attributes.get('value');
  const dtype = value?.type === 'tensor' ? value.value.dtype : 'float32';
  return [{ dtype, dims: constantNumbers(view, 0) }];
};

const range: ShapeRule = (view) => {
  const [start, limit, delta] = [0, 1, 2].map((index) => constantNumbers(view, index)[0]!);
  const count = Math.max(0, Math.ceil((limit! - start!) / delta!));
  return [{ dtype: inputType(view, 0).dtype, dims: [count] }];
};

const tile: ShapeRule = (view) => {
  const { dtype, dims } = inputType(view, 0);
  const repeats = constantNumbers(view, 1);
  return [{ dtype, dims: dims.map((size, axis) => size * repeats[axis]!) }];
};

/** Operators that make a tensor of a size that their inputs' values say. */
export const fillingRules: RuleTable = { ConstantOfShape: constantOfShape, Range: range, Tile: tile };
