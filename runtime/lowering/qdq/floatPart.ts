import { namesRead } from '../../graph/codec/capturedNames.js';
import type { Node } from '../../graph/graph.js';
import { extractSubgraph } from '../../graph/passes/extractSubgraph.js';
import type { Grid } from '../integerGraph.js';
import type { CodeView } from './codeView.js';
import { plainGrid } from './plainGrid.js';
import type { Translation } from './translation.js';
import { withoutRepeatedRounding } from './withoutRepeatedRounding.js';

/**
 * Adds what makes the value `raw` as a part in float, and returns its codes on `grid`: all nodes back to values that are known in
 * codes. `undefined` where that reaches an input of the graph, where a value on the way in or out is no image's features, where
 * a node holds a graph of its own, or where no convolution is behind it, for then it is as well off in the tail.
 *
 * @param name of the tensor that is made
 */
export function floatPart(
  translation: Translation,
  { raw, grid, name }: { readonly raw: string; readonly grid: Grid; readonly name: string },
): CodeView | undefined {
  const dims = translation.dims(raw);
  if (!dims || !translation.leadsToConvolution(name)) return undefined;
  const from: { readonly floatName: string; readonly view: CodeView }[] = [];
  const nodes = new Set<Node>();
  const seen = new Set<string>();
  const stack = [raw];
  while (stack.length > 0) {
    const tensor = stack.pop()!;
    if (tensor === '' || seen.has(tensor)) continue;
    seen.add(tensor);
    const view = translation.isFloat(tensor) ? translation.views.get(tensor) : undefined;
    const node = translation.producer(tensor);
    if (view) from.push({ floatName: tensor, view });
    else if (node) {
      if ([...node.attributes.values()].some(({ type }) => type === 'opaque')) return undefined;
      nodes.add(node);
      stack.push(...namesRead(node));
    } else if (translation.constant(tensor) === undefined) return undefined;
  }
  if (from.length === 0) return undefined;
  const inputs = from.map(
    ({ floatName, view }) => translation.dims(floatName) && translation.materialize(view),
  );
  if (!inputs.every((tensor) => tensor !== undefined)) return undefined;
  for (const node of nodes) translation.inFloat.add(node);
  const part = extractSubgraph(translation.graph, {
    from: from.map(({ floatName }) => floatName),
    to: [raw],
  });
  const grids = new Map(from.map(({ floatName, view }) => [floatName, view.grid]));
  const graph = withoutRepeatedRounding(part, grids, ({ inputs: [, scale, zeroPoint] }) =>
    plainGrid(translation, scale, zeroPoint),
  );
  return translation.addOnGrid({ kind: 'floatPart', inputs, output: name, graph }, { grid, dims });
}
