import { fail } from '../../../graph/passes/shapes/rule.js';
import type { OperatorContext } from '../../layout/operator.js';

/** @throws AgentError `op_unsupported` unless input 0 has this many axes */
export function requireRank({ view }: OperatorContext, rank: number): void {
  const got = view.types[0]?.dims.length;
  if (got !== rank) fail(view, `LiteRT runs it on ${rank} axes, got ${got}`, 'op_unsupported');
}

/** @throws AgentError `op_unsupported` unless those inputs that are there are constants */
export function requireConstant({ view }: OperatorContext, indices: readonly number[]): void {
  for (const index of indices) {
    if (view.types[index] !== undefined && view.constants[index] === undefined) {
      fail(view, `LiteRT runs it with a constant input ${index} only`, 'op_unsupported');
    }
  }
}
