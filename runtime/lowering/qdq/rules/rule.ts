import type { Node } from '../../../graph/graph.js';
import type { Translation } from '../translation.js';

/**
 * Notes what a node's outputs are in codes (`views`) or will be once they are quantized (`pending`). Leaves them unknown
 * where the node is not of the form that the integer graph has: it then runs as it is, in the tail.
 */
export type Rule = (node: Node, translation: Translation) => void;
