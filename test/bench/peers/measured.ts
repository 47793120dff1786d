import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentError } from '../../../runtime/errors.js';
import { projectRoot } from '../../helpers/paths.js';

/** What a process and its children cost from start to end. */
export interface Cost {
  readonly cpuSeconds: number;
  /** Of the largest of them. */
  readonly peakRssBytes: number;
}

const keptStderrLength = 2000;

/** Returns the path of a Python script of this folder; the compiler leaves those where they are. */
export function script(name: string): string {
  return join(projectRoot, 'test/bench/peers', name);
}

/**
 * Runs a command and returns what it cost. What it prints is dropped.
 *
 * @param python an interpreter
 * @param folder where the figures go through
 * @throws AgentError `child_failed` with the end of its standard error
 */
export async function runMeasured(
  command: readonly string[],
  { python, folder }: { readonly python: string; readonly folder: string },
): Promise<Cost> {
  const costFile = join(folder, 'cost.json');
  const child = spawn(python, [script('measure_process.py'), costFile, ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A command of this project that looks for its state finds none of the user's.
    env: { ...process.env, DETPTQ_STATE_DIR: join(folder, 'state') },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-keptStderrLength);
  });
  const [status] = await once(child, 'close');
  if (status !== 0) {
    throw new AgentError('child_failed', `${command.join(' ')} ended with ${status}: ${stderr.trim()}`);
  }
  return JSON.parse(await readFile(costFile, 'utf8')) as Cost;
}
