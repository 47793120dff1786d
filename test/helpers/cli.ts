import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { projectRoot } from './paths.js';
import { tempFolder } from './tempFolder.js';

const script = `${projectRoot}dist/agent/cli.js`;

export interface CliResult {
  /** Exit status, or `null` when a signal ended the process. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What was sent over the IPC channel, where there was one. */
  readonly messages: readonly unknown[];
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Working folder; by default an empty one. */
  readonly cwd?: string;
  /** Fork with an IPC channel, as the agent does. */
  readonly ipc?: boolean;
  /** Called once the process has printed to stderr for the first time. */
  readonly onFirstStderr?: (child: ChildProcess) => void;
  /** Called with what the process has printed to stdout for the first time. */
  readonly onFirstStdout?: (child: ChildProcess, text: string) => void;
}

/** Runs the compiled `detptq` as a process of its own, with an empty state folder unless `env` names one. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const folder = tempFolder();
  const child = spawn(process.execPath, [script, ...args], {
    cwd: options.cwd ?? folder,
    env: { PATH: process.env.PATH, HOME: folder, DETPTQ_STATE_DIR: join(folder, 'state'), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
  });
  const messages: unknown[] = [];
  child.on('message', (message) => messages.push(message));
  const output = { stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  if (options.onFirstStderr) child.stderr!.once('data', () => options.onFirstStderr!(child));
  if (options.onFirstStdout) {
    child.stdout!.once('data', (text: string) => options.onFirstStdout!(child, text));
  }
  // Not `close`: Node never emits it once the channel was disconnected.
  const ends = [once(child.stdout!, 'end'), once(child.stderr!, 'end')];
  const [[status]] = (await Promise.all([once(child, 'exit'), ...ends])) as [
    [number | null],
    unknown,
    unknown,
  ];
  return { status, ...output, messages };
}

/** Returns the document that a command printed with `--json`; throws when stdout holds anything else. */
export function document<T = Record<string, unknown>>(result: CliResult): T {
  return JSON.parse(result.stdout) as T;
}

/** Returns the error that a command printed with `--json`. */
export function printedError(result: CliResult): {
  code: string;
  message: string;
  detail: Record<string, unknown>;
} {
  return document<{ error: { code: string; message: string; detail: Record<string, unknown> } }>(result)
    .error;
}
