import { AgentError } from '../../runtime/errors.js';

const intervalMs = 200;

export interface MemoryCap {
  /** Aborts when the process holds more than it may; its reason is an AgentError `out_of_memory`. */
  readonly signal: AbortSignal;
  stop(): void;
}

/**
 * Watches this process's resident memory, that of native libraries included. Looking every 200 ms catches growth
 * over layers and frames; a single huge allocation is the kernel's to refuse. What is over the limit as garbage does
 * not count.
 */
export function capMemory(limitBytes: number): MemoryCap {
  const controller = new AbortController();
  const timer = setInterval(() => {
    if (controller.signal.aborted || process.memoryUsage.rss() <= limitBytes) return;
    // There where node has --expose-gc, as the agent's children have.
    globalThis.gc?.();
    const rssBytes = process.memoryUsage.rss();
    if (rssBytes <= limitBytes) return;
    const [expected, got] = [limitBytes, rssBytes].map((bytes) => `${Math.round(bytes / 1e6)} MB`);
    controller.abort(
      new AgentError('out_of_memory', `expected to stay within ${expected} of memory, got ${got}`, {
        detail: { expected: limitBytes, got: rssBytes, where: '--max-memory' },
      }),
    );
  }, intervalMs);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}
