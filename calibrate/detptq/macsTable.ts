import type { Graph, Node } from '../../runtime/graph/graph.js';
import { nodeMacs } from '../../runtime/graph/macs.js';
import { rawName } from '../quantize/insertQuantizers.js';

/** The MACs of the nodes of float networks, and so of the quantized ones made of them and of pieces of these. */
export class MacsTable {
  /** Nodes are told apart by their outputs, for names of nodes may be absent or repeat. */
  readonly #macs = new Map<string, number>();

  /** @param graph with its shapes known */
  learn(graph: Graph): void {
    for (const [output, count] of nodeMacs(graph)) {
      this.#macs.set(output, count);
      this.#macs.set(rawName(output), count);
    }
  }

  /** Returns the MACs of a graph's nodes together. */
  of({ nodes }: Graph): number {
    return nodes.reduce((sum, node) => sum + this.#ofNode(node), 0);
  }

  #ofNode({ opType, outputs }: Node): number {
    return opType === 'DequantizeLinear' ? 0 : (this.#macs.get(outputs[0]!) ?? 0);
  }
}
