import test from 'ava';
import {
  type AxisWindows,
  endPadding,
  windowPadding,
} from '../../../../runtime/engines/litert/tflite/windowPadding.js';

const axis = (
  size: number,
  count: number,
  [span, stride, begin]: readonly [number, number, number],
): AxisWindows => {
  return { size, count, span, stride, begin };
};
const both = (windows: AxisWindows) => windowPadding([windows, windows]);
const [same, valid] = [0, 1] as const;

test('windows without padding are valid, also where they leave the end out', (t) => {
  t.is(both(axis(9, 7, [3, 1, 0])), valid);
  t.is(both(axis(9, 2, [2, 4, 0])), valid);
});

test('windows whose odd padding has its larger half at the end are same', (t) => {
  t.is(both(axis(9, 9, [3, 1, 1])), same);
  t.is(both(axis(9, 5, [3, 2, 1])), same);
  t.is(both(axis(8, 4, [3, 2, 0])), same);
});

test('windows whose odd padding has its larger half at the start are neither', (t) => {
  t.is(both(axis(8, 4, [3, 2, 1])), undefined);
  t.is(windowPadding([axis(9, 5, [3, 2, 1]), axis(8, 4, [3, 2, 1])]), undefined);
});

test('the padding at the end is what the last window reaches beyond the input', (t) => {
  t.is(endPadding(axis(8, 4, [3, 2, 1])), 0);
  t.is(endPadding(axis(8, 8, [3, 1, 1])), 1);
  t.is(endPadding(axis(9, 2, [2, 4, 0])), 0);
});
