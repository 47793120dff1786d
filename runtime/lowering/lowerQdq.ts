import type { Graph } from '../graph/graph.js';
import { fuseClip } from './fuseClip.js';
import { fuseSilu } from './fuseSilu.js';
import { poolBeforeActivation } from './poolBeforeActivation.js';
import { type TranslationResult, translateQdq } from './qdq/translateQdq.js';

/**
 * Returns the integer graph of a QDQ graph after the rewrites that serve every back end, or why there is none. Where its
 * channels lie is left as in the QDQ graph: see `layoutChannels`.
 */
export function lowerQdq(graph: Graph): TranslationResult {
  const result = translateQdq(graph);
  if (result.graph === undefined) return result;
  return { ...result, graph: poolBeforeActivation(fuseClip(fuseSilu(result.graph))) };
}
