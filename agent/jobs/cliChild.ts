import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { z } from 'zod';
import { AgentError, type ErrorCode, errorCodes } from '../../runtime/errors.js';
import type { JobProgress } from './jobRecord.js';

export interface CliChildOptions {
  /** Script and arguments, e.g. `['dist/agent/cli.js', 'quantize', …, '--json']`. */
  readonly command: readonly [script: string, ...args: string[]];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: JobProgress) => void;
  /** Time that an aborted child has to stop by itself before it is killed. Default 5000. */
  readonly killAfterMs?: number;
}

const longestOutput = 64 * 1024 * 1024;
const keptStderr = 4096;

const progressSchema = z.object({
  type: z.literal('progress'),
  step: z.string().optional(),
  done: z.number(),
  total: z.number(),
  odol: z.number().optional(),
  etaS: z.number().optional(),
});

const errorSchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    detail: z.record(z.string(), z.unknown()).default({}),
  }),
});

/**
 * Runs a command of the own CLI as a child process and returns the JSON document that it prints. It runs at low
 * priority and is the first to go when memory is short, so that serving keeps its latency; it has an IPC channel,
 * whose end tells it that the agent is gone. On abort it gets SIGTERM, then SIGKILL.
 *
 * @returns once the child is gone, whatever happens
 * @throws the reason of `signal`; the AgentError that the child printed; AgentError `child_failed` for any other
 *   end without a JSON document, with its exit status or signal and the end of its stderr
 */
export async function runCliChild(options: CliChildOptions): Promise<unknown> {
  const { command, env = {}, signal, onProgress, killAfterMs = 5000 } = options;
  signal.throwIfAborted();
  const [script, ...args] = command;
  const child = fork(script, args, {
    execArgv: [],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
  });
  const what = `${args[0] ?? script} (process ${child.pid})`;
  const stdout = collect(child, 'stdout', longestOutput);
  const stderr = collect(child, 'stderr', keptStderr);
  child.on('message', (message) => {
    const parsed = progressSchema.safeParse(message);
    if (!parsed.success) return;
    const { type, step, ...progress } = parsed.data;
    onProgress?.({ ...progress, ...(step === undefined ? {} : { stage: step }) } as JobProgress);
  });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await yieldToServing(child);
  const stopWatching = killOnAbort(child, { signal, killAfterMs });
  try {
    const [status, killedBy] = await closed;
    signal.throwIfAborted();
    return resultOf({ what, status, killedBy, stdout: stdout.text(), stderr: stderr.text() });
  } catch (error) {
    if (error instanceof AgentError || signal.aborted) throw error;
    throw new AgentError('child_failed', `${what} could not be run: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    stopWatching();
  }
}

/** Both are best effort: a child that has ended already, or a system that forbids it, is no reason to fail. */
async function yieldToServing({ pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return;
  try {
    // Not the lowest: on a box whose cores serving keeps busy, that would never end.
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
    // proc(5): 1000 is the most likely to be killed when memory runs out.
    await writeFile(`/proc/${pid}/oom_score_adj`, '800');
  } catch {
    // See above.
  }
}

function killOnAbort(
  child: ChildProcess,
  { signal, killAfterMs }: { readonly signal: AbortSignal; readonly killAfterMs: number },
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  };
}

/** Keeps the last `limit` characters: enough of a result, and the end of an error. */
function collect(child: ChildProcess, stream: 'stdout' | 'stderr', limit: number): { text(): string } {
  const chunks: string[] = [];
  let length = 0;
  child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
    chunks.push(chunk);
    length += chunk.length;
    while (chunks.length > 1 && length - chunks[0]!.length >= limit) length -= chunks.shift()!.length;
  });
  return { text: () => chunks.join('').slice(-limit) };
}

interface Ending {
  readonly what: string;
  readonly status: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function resultOf({ what, status, killedBy, stdout, stderr }: Ending): unknown {
  const document = parseJson(stdout);
  if (status === 0 && document !== undefined) return document;
  const printed = errorSchema.safeParse(document);
  // Nobody here cancelled it: a child that says `aborted` was stopped from outside.
  if (printed.success && printed.data.error.code !== 'aborted') {
    const { code, message, detail } = printed.data.error;
    throw new AgentError(code, message, { detail });
  }
  const ending = killedBy === null ? `exit status ${status}` : `signal ${killedBy}`;
  throw new AgentError('child_failed', `${what} ended with ${ending} and without a result`, {
    detail: { got: ending, stderr: stderr.trim(), ...(killedBy !== null && { signal: killedBy }) },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
