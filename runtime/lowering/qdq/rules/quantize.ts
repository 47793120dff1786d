import type { Grid } from '../../integerGraph.js';
import { sameGrid, wholeTensor } from '../codeView.js';
import { floatPart } from '../floatPart.js';
import { imageInput } from '../imageInput.js';
import { plainGrid } from '../plainGrid.js';
import { codeRange, type Translation } from '../translation.js';
import type { Rule } from './rule.js';

/** QuantizeLinear of activations: gives what waits for a grid its grid, and makes what no rule understands a part in float. */
export const quantizeRule: Rule = ({ inputs, outputs }, translation) => {
  const [raw = '', scale, zeroPoint] = inputs;
  const [name = ''] = outputs;
  const grid = plainGrid(translation, scale, zeroPoint);
  if (grid === undefined) return;
  const pending = translation.pending.get(raw);
  const known = translation.views.get(raw);
  const view = pending
    ? pending.quantized(name, grid, codeRange(pending, grid))
    : known
      ? translation.onGrid(known, grid, name)
      : quantizedImage(translation, raw, grid);
  const codes = view ?? floatPart(translation, { raw, grid, name });
  if (codes) translation.views.set(name, codes);
};

/** DequantizeLinear of activations: the same codes. */
export const dequantizeRule: Rule = ({ inputs, outputs }, translation) => {
  const [codes = '', scale, zeroPoint] = inputs;
  const view = translation.views.get(codes);
  const grid = plainGrid(translation, scale, zeroPoint);
  if (view && grid && sameGrid(view.grid, grid)) translation.views.set(outputs[0]!, view);
};

function quantizedImage(translation: Translation, raw: string, grid: Grid) {
  const input = imageInput(translation.graph, raw);
  const dims = input && translation.dims(input.name);
  if (input === undefined || dims === undefined || translation.tensors.has(input.name)) return undefined;
  const [, channels, height, width] = dims;
  translation.inputs.push(input);
  translation.tensors.set(input.name, { grid, shape: [1, height, width, channels] });
  return wholeTensor(input.name, { grid, dims });
}
