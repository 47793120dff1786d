import { intAttribute, type Node, stringAttribute } from '../../../graph/graph.js';
import type { Resizing } from '../../integerGraph.js';
import { sameGrid, skipsPixels } from '../codeView.js';
import { unbounded } from '../translation.js';
import type { Rule } from './rule.js';

/** Resize by whole factors. */
export const resizeRule: Rule = (node, translation) => {
  const view = translation.views.get(node.inputs[0]!);
  const [name = ''] = node.outputs;
  const dims = translation.dims(name);
  if (!view || skipsPixels(view) || !dims) return;
  const factors = [dims[2] / view.height, dims[3] / view.width] as const;
  const mode = wholeMode(node, factors);
  const givesDims = dims[1] === view.channels.length && factors.every((f) => Number.isInteger(f) && f >= 1);
  if (mode === undefined || !givesDims) return;
  translation.pending.set(name, {
    dims,
    ...unbounded,
    quantized: (output, grid) => {
      const input = translation.materialize(view);
      if (input === undefined) return undefined;
      const isMoved = !sameGrid(view.grid, grid);
      const resized = isMoved ? `${output}/resized` : output;
      const resizing: Resizing = { kind: 'resize', mode, input, output: resized, factors };
      return translation.onGrid(translation.addOnGrid(resizing, { grid: view.grid, dims }), grid, output);
    },
  });
};

/**
 * Which enlargement by whole factors a Resize is. Nearest is repetition where pixel x reads `floor(x / factor)`, and
 * where it reads the pixel whose centre is nearest, which is the same one.
 */
function wholeMode(node: Node, factors: readonly [number, number]): Resizing['mode'] | undefined {
  const mode = stringAttribute(node, 'mode', 'nearest');
  const coordinates = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel');
  const isCentred = coordinates === 'half_pixel' || coordinates === 'pytorch_half_pixel';
  if (intAttribute(node, 'antialias', 0) !== 0) return undefined;
  if (mode === 'linear') return isCentred ? 'linear' : undefined;
  if (mode !== 'nearest') return undefined;
  const rounding = stringAttribute(node, 'nearest_mode', 'round_prefer_floor');
  const floors = coordinates === 'asymmetric' && rounding === 'floor';
  const centred = isCentred && rounding.startsWith('round');
  const identity = factors[0] === 1 && factors[1] === 1;
  return floors || centred || identity ? 'nearest' : undefined;
}
