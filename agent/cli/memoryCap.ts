import { AgentError } from '../../runtime/errors.js';

const intervalMs = 200;
/** Share of the limit from which on garbage is collected at every look. */
const tightShare = 0.85;

export interface MemoryCap {
  /** Aborts when the process holds more than it may; its reason is an AgentError `out_of_memory`. */
  readonly signal: AbortSignal;
  stop(): void;
}

/**
 * Watches this process's resident memory, that of native libraries included. Looking every 200 ms catches growth
 * over layers and frames; a single huge allocation is the kernel's to refuse. What is over the limit as garbage does
 * not count: it is collected before, and only what is over the limit at two looks in a row ends it.
 */
export function capMemory(limitBytes: number): MemoryCap {
  const controller = new AbortController();
  let wasOver = false;
  const timer = setInterval(() => {
    const rssBytes = process.memoryUsage.rss();
    const isOver = rssBytes > limitBytes;
    if (isOver && wasOver && !controller.signal.aborted) controller.abort(outOfMemory(limitBytes, rssBytes));
    // There where node has --expose-gc, as the agent's children have. Array buffers are freed some time after.
    if (rssBytes > tightShare * limitBytes) globalThis.gc?.();
    wasOver = isOver;
  }, intervalMs);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}

function outOfMemory(limitBytes: number, rssBytes: number): AgentError {
  const [expected, got] = [limitBytes, rssBytes].map((bytes) => `${Math.round(bytes / 1e6)} MB`);
  return new AgentError('out_of_memory', `expected to stay within ${expected} of memory, got ${got}`, {
    detail: { expected: limitBytes, got: rssBytes, where: '--max-memory' },
  });
}
