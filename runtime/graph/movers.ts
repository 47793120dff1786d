/** Operators that only move values of their first input or choose among them: what lies on a grid lies on it behind them, too. */
export const movers: ReadonlySet<string> = new Set([
  'Slice',
  'Split',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Identity',
  'MaxPool',
  'DepthToSpace',
  'SpaceToDepth',
]);
