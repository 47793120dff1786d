import { AgentError } from '../../runtime/errors.js';
import { garbageCollector } from './garbageCollector.js';
import { freedMemoryReturner } from './leanMemory.js';
import { ownMemoryBytes } from './ownMemory.js';

const intervalMs = 200;
/** Share of the budget from which on garbage is collected. */
const tightShare = 0.85;
/** Share of the budget by which memory has to grow before it is collected again: a search may need nearly all that it holds. */
const growthShare = 0.02;

export interface MemoryWatch {
  /** Aborts when the process holds more than it may; its reason is an AgentError `out_of_memory`. */
  readonly signal: AbortSignal;
  stop(): void;
}

/**
 * Watches the memory that this process holds of its own, that of native libraries included, and collects garbage as it comes near to
 * `budgetBytes`: left to itself, V8 lets array buffers of hundreds of megabytes lie about, and the C library what was freed.
 *
 * @param limitBytes beyond which the signal aborts. Looking every 200 ms catches growth over layers and frames; a single huge
 *   allocation is the kernel's to refuse. Only what is over it at two looks in a row counts. Default: none.
 */
export function watchMemory(budgetBytes: number, limitBytes = Number.POSITIVE_INFINITY): MemoryWatch {
  const controller = new AbortController();
  const collectGarbage = garbageCollector();
  const returnFreedMemory = freedMemoryReturner();
  let wasOver = false;
  /** What was held a while after garbage was collected, which frees array buffers late. */
  let neededBytes = 0;
  let isCollected = false;
  const timer = setInterval(() => {
    const heldBytes = ownMemoryBytes();
    const isOver = heldBytes > limitBytes;
    if (isOver && wasOver && !controller.signal.aborted) controller.abort(outOfMemory(limitBytes, heldBytes));
    wasOver = isOver;
    neededBytes = isCollected ? heldBytes : Math.min(neededBytes, heldBytes);
    isCollected = heldBytes > Math.max(tightShare * budgetBytes, neededBytes + growthShare * budgetBytes);
    if (!isCollected) return;
    collectGarbage();
    returnFreedMemory();
  }, intervalMs);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}

function outOfMemory(limitBytes: number, heldBytes: number): AgentError {
  const [expected, got] = [limitBytes, heldBytes].map((bytes) => `${Math.round(bytes / 1e6)} MB`);
  return new AgentError('out_of_memory', `expected to stay within ${expected} of memory, got ${got}`, {
    detail: {
      ...{ expected: limitBytes, got: heldBytes, where: '--max-memory' },
      mend: 'allow more memory (--max-memory), or ask for less: a smaller model, fewer --frames',
    },
  });
}
