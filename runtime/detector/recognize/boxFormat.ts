import type { Tail } from './tail.js';

/**
 * Returns how boxes are written that a network decodes from distances to the four sides, by how the two halves of the coordinates
 * are made: `xyxy` when they are `anchor - near` and `anchor + far`, `xywh` when their mean and their difference; `undefined` where
 * neither is found.
 */
export function boxFormatOf({ nodes }: Tail): 'xyxy' | 'xywh' | undefined {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node.opType])));
  for (const { opType, inputs } of nodes) {
    if (opType !== 'Concat' || inputs.length !== 2) continue;
    const [first = '', second = ''] = inputs.map((input) => makers.get(input));
    if (first === 'Sub' && second === 'Add') return 'xyxy';
    if ((first === 'Div' || first === 'Mul') && second === 'Sub') return 'xywh';
  }
  return undefined;
}
