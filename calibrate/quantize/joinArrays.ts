/** Returns the elements of all arrays, one array after the other. */
export function joinArrays(arrays: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let begin = 0;
  for (const array of arrays) {
    joined.set(array, begin);
    begin += array.length;
  }
  return joined;
}
