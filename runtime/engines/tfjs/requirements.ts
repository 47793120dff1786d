import { fail } from '../../graph/passes/shapes/rule.js';
import type { OperatorContext } from './operator.js';

/** @throws AgentError `op_unsupported` unless all inputs are float32 */
export function requireFloat({ view }: OperatorContext): void {
  for (const type of view.types) {
    if (type !== undefined && type.dtype !== 'float32') {
      fail(view, `TensorFlow.js runs it on float32, got ${type.dtype}`, 'op_unsupported');
    }
  }
}

/** @throws AgentError `op_unsupported` unless input 0 has this many axes */
export function requireRank({ view }: OperatorContext, rank: number): void {
  const got = view.types[0]?.dims.length;
  if (got !== rank) fail(view, `TensorFlow.js runs it on ${rank} axes, got ${got}`, 'op_unsupported');
}
