import { intAttribute, intsAttribute } from '../../../graph/graph.js';
import type { Pooling } from '../../integerGraph.js';
import { sameGrid } from '../codeView.js';
import { unbounded } from '../translation.js';
import { windowAttributes } from '../windowAttributes.js';
import type { Rule } from './rule.js';

/** MaxPool, AveragePool and GlobalAveragePool of codes. */
export const poolingRule: Rule = (node, translation) => {
  const view = translation.views.get(node.inputs[0]!);
  const [name = ''] = node.outputs;
  const dims = translation.dims(name);
  const attributes = windowAttributes(node);
  if (!view || !dims || !attributes || node.outputs.length > 1) return;
  const { strides, padding, dilations } = attributes;
  const isGlobal = node.opType === 'GlobalAveragePool';
  const window = isGlobal ? [view.height, view.width] : intsAttribute(node, 'kernel_shape', []);
  const isPadded = Object.values(padding).some((size) => size > 0);
  const countsPadding = isPadded && intAttribute(node, 'count_include_pad', 0) !== 0;
  if (window.length !== 2 || dilations.some((dilation) => dilation !== 1) || countsPadding) return;
  const { top, left, bottom, right } = padding;
  const rows = Math.floor((view.height + top + bottom - window[0]!) / strides[0]) + 1;
  const columns = Math.floor((view.width + left + right - window[1]!) / strides[1]) + 1;
  // A ceil_mode that adds a window is another operation.
  if (rows !== dims[2] || columns !== dims[3]) return;
  const pooling = { window: [window[0]!, window[1]!], strides, padding } as const;
  translation.pending.set(name, {
    dims,
    ...unbounded,
    quantized: (output, grid) => {
      const input = translation.materialize(view);
      if (input === undefined) return undefined;
      if (node.opType !== 'MaxPool') {
        const average: Pooling = { kind: 'averagePool', input, output, ...pooling };
        return translation.addOnGrid(average, { grid, dims });
      }
      const isMoved = !sameGrid(view.grid, grid);
      const pooled = isMoved ? `${output}/pooled` : output;
      const maximum: Pooling = { kind: 'maxPool', input, output: pooled, ...pooling };
      return translation.onGrid(translation.addOnGrid(maximum, { grid: view.grid, dims }), grid, output);
    },
  });
};
