import { broadcast } from '../../../layout/broadcast.js';
import type { ModelWriter } from '../../tflite/modelWriter.js';
import type { Operator } from '../operator.js';

type Write = (writer: ModelWriter, inputs: readonly [number, number], output: number) => void;

/** Returns the operator that joins its inputs, broadcast as in ONNX, from left to right. */
function joining(write: Write): Operator {
  return (context) => {
    const { layout, reads, shapes } = broadcast(context);
    return {
      reads,
      writes: [layout],
      action: (writer, tensors, [output]) => {
        const [first, ...others] = tensors.map((tensor, index) => writer.reshaped(tensor, shapes[index]!));
        if (others.length === 0) return writer.reshape(first!, output);
        const last = others.pop()!;
        const joined = others.reduce((left, right) => {
          const shape = together(writer.at(left).shape, writer.at(right).shape);
          const between = writer.tensor(shape);
          write(writer, [left, right], between);
          return between;
        }, first!);
        write(writer, [joined, last], output);
      },
    };
  };
}

/** Operators of two inputs, or more for Max and Min. */
export const binaryOperators: Readonly<Record<string, Operator>> = {
  Add: joining((writer, inputs, output) => writer.add(inputs, output)),
  Sub: joining(plain('SUB')),
  Mul: joining(plain('MUL')),
  Div: joining(plain('DIV')),
  Max: joining(plain('MAXIMUM')),
  Min: joining(plain('MINIMUM')),
};

function plain(name: 'SUB' | 'MUL' | 'DIV' | 'MAXIMUM' | 'MINIMUM'): Write {
  return (writer, inputs, output) => writer.operator(name, { inputs, outputs: [output] });
}

function together(left: readonly number[], right: readonly number[]): number[] {
  return left.map((size, axis) => Math.max(size, right[axis]!));
}
