import type { ActiveModel } from '../../models/activeModel.js';
import type { JobKind } from '../jobKind.js';

export interface RollbackDeps {
  readonly active: ActiveModel;
  readonly deadlineS: number;
}

/** Puts the model that served before back in service. */
export function rollbackJob({ active, deadlineS }: RollbackDeps): JobKind {
  return {
    name: 'rollback',
    parseParams: () => ({}),
    async run(_params, { enterStep, signal }) {
      await enterStep('swapping', deadlineS);
      const { previous, current, gapMs, drainMs } = await active.rollBack({ signal });
      return { model: current, previous, swap: { gapMs, drainMs } };
    },
  };
}
