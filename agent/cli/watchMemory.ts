import { AgentError } from '../../runtime/errors.js';
import { freedMemoryReturner } from './freedMemoryReturner.js';
import { garbageCollector } from './garbageCollector.js';

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
 * Watches this process's resident memory, that of native libraries included, and collects garbage as it comes near to
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
    const rssBytes = process.memoryUsage.rss();
    const isOver = rssBytes > limitBytes;
    if (isOver && wasOver && !controller.signal.aborted) controller.abort(outOfMemory(limitBytes, rssBytes));
    wasOver = isOver;
    neededBytes = isCollected ? rssBytes : Math.min(neededBytes, rssBytes);
    isCollected = rssBytes > Math.max(tightShare * budgetBytes, neededBytes + growthShare * budgetBytes);
    if (!isCollected) return;
    collectGarbage();
    returnFreedMemory();
  }, intervalMs);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}

function outOfMemory(limitBytes: number, rssBytes: number): AgentError {
  const [expected, got] = [limitBytes, rssBytes].map((bytes) => `${Math.round(bytes / 1e6)} MB`);
  return new AgentError('out_of_memory', `expected to stay within ${expected} of memory, got ${got}`, {
    detail: {
      ...{ expected: limitBytes, got: rssBytes, where: '--max-memory' },
      mend: 'allow more memory (--max-memory), or ask for less: a smaller model, fewer --frames',
    },
  });
}
