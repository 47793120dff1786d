import { codeRange, dataTypeOf } from '../../../graph/codec/dataTypes.js';
import { intAttribute } from '../../../graph/graph.js';
import type { Tensor } from '../../../graph/tensor.js';
import { onnxLayout } from '../../layout/layout.js';
import type { Operator } from '../operator.js';
import { gridShape } from './grid.js';

/**
 * The values that the codes of x stand for: `clip(round(x / scale), qmin - zeroPoint, qmax - zeroPoint) * toScale`. That is
 * QuantizeLinear and DequantizeLinear to the bit, since `round(x / scale)` and the zero point are integers.
 */
export const fakeQuantize: Operator = ({ tf, view, layouts }) => {
  const layout = layouts[0]!;
  const shape = gridShape(view, layout);
  const asked = dataTypeOf(intAttribute(view.node, 'output_dtype', 0));
  const { qmin, qmax } = codeRange(view.types[2]?.dtype ?? asked ?? 'uint8');
  const [zeroPoint = 0] = Array.from(view.constants[2]?.data ?? [], Number);
  const [isDivided, isMultiplied] = [1, 3].map((index) => !isOne(view.constants[index]));
  const scaleLayout = (index: 1 | 3) => onnxLayout(view.types[index]!.dims.length);
  return {
    reads: [layout, scaleLayout(1), undefined, scaleLayout(3)],
    writes: [layout],
    run: ([x, scale, , toScale]) => {
      const steps = tf.round(isDivided ? tf.div(x!, shape(tf, scale!)) : x!);
      const clipped = tf.clipByValue(steps, qmin - zeroPoint, qmax - zeroPoint);
      return isMultiplied ? tf.mul(clipped, shape(tf, toScale!)) : clipped;
    },
  };
};

function isOne(scale: Tensor | undefined): boolean {
  return scale !== undefined && Array.from(scale.data, Number).every((value) => value === 1);
}
