import type { Node } from '../graph.js';
import { namesRead } from './capturedNames.js';

/**
 * Returns the nodes with each behind those that make what it reads. ONNX demands this order, but some converters (to
 * float16) append nodes whose outputs earlier ones read, and engines accept that. Nodes in order are returned as they
 * are; those of a cycle come last.
 */
export function inTopologicalOrder(nodes: readonly Node[]): readonly Node[] {
  const makers = new Map<string, number>();
  for (const [index, { outputs }] of nodes.entries()) {
    for (const output of outputs) if (output !== '') makers.set(output, index);
  }
  const sources = nodes.map((node) => new Set(namesRead(node).flatMap((name) => makers.get(name) ?? [])));
  if (sources.every((before, index) => [...before].every((source) => source < index))) return nodes;

  const readers = nodes.map((): number[] => []);
  for (const [index, before] of sources.entries()) for (const source of before) readers[source]!.push(index);
  const waitsFor = sources.map(({ size }) => size);
  const order = [...nodes.keys()].filter((index) => waitsFor[index] === 0);
  for (let at = 0; at < order.length; at++) {
    for (const reader of readers[order[at]!]!) {
      waitsFor[reader]!--;
      if (waitsFor[reader] === 0) order.push(reader);
    }
  }
  const inCycle = [...nodes.keys()].filter((index) => waitsFor[index]! > 0);
  return [...order, ...inCycle].map((index) => nodes[index]!);
}
