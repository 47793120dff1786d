import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { AgentError } from '../../../errors.js';
import { makeScratchFolder, removeScratchFolder, removeScratchFolderNow } from '../../../scratchFolder.js';
import { chromiumFlags } from './chromiumFlags.js';

/** Enough of what Chromium says to hold its reason for not starting. */
const keptStderrCharacters = 4096;

/** The socket that Chromium makes among its temporary files. */
const singletonSocket = 'org.chromium.Chromium.XXXXXX/SingletonSocket';

/** unix(7): 108 bytes, the last of them 0. */
const longestSocketPath = 107;

/**
 * A headless Chromium whose profile and temporary files lie in a folder of its own. It never outlives this process, not even a killed one, and never keeps
 * it alive.
 */
export class ChromiumProcess {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  readonly #stopAtExit: () => void;
  #stderr = '';

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#stopAtExit = () => {
      killGroup(child);
      removeScratchFolderNow(folder);
    };
    this.#gone = ended(child).then(() => {
      process.off('exit', this.#stopAtExit);
      killGroup(child);
      return removeScratchFolder(folder);
    });
    child.unref();
    for (const stream of child.stdio) (stream as Socket | null)?.unref();
    // A command to a Chromium that has ended fails; that it has ended is told by `gone`.
    for (const stream of child.stdio) stream?.on('error', () => undefined);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptStderrCharacters);
    });
    // What is not read would fill the pipe.
    (child.stdio[4] as Socket).resume();
    process.on('exit', this.#stopAtExit);
  }

  /**
   * Starts the Chromium at `path`, with its sandbox unless this process is root's.
   *
   * @param options.draws whether its page draws, with WebGL
   * @throws AgentError `engine_unavailable` when the program cannot be started
   */
  static async start(path: string, { draws }: { readonly draws: boolean }): Promise<ChromiumProcess> {
    const folder = await makeScratchFolder('chromium');
    const flags = chromiumFlags({ profileFolder: join(folder, 'profile'), draws, sandbox: isSandboxed() });
    const child = spawn(path, flags, {
      // In a group of its own, so that its helpers can be killed with it: they write files until they notice its end.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...temporaryFilesIn(folder) },
    });
    const chromium = new ChromiumProcess(child, folder);
    try {
      await once(child, 'spawn');
    } catch (cause) {
      throw new AgentError('engine_unavailable', `"${path}" cannot be started`, { cause });
    }
    return chromium;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Settles when Chromium has ended, for whatever reason. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** Why Chromium ended, as far as it said. */
  get lastWords(): string {
    const lines = this.#stderr.split('\n').filter((line) => line.trim() !== '');
    return lines.findLast((line) => /FATAL|sandbox/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  }

  /** Opens a page. The address goes over the pipe: on the command line every user could read it. */
  openPage(url: string): void {
    const command = { id: 1, method: 'Target.createTarget', params: { url } };
    (this.#child.stdio[3] as Socket).write(`${JSON.stringify(command)}\0`);
  }

  /** Ends Chromium at once, whatever it does, and removes its folder. Idempotent. */
  async stop(): Promise<void> {
    // Until it is gone it has to be waited for, and nothing else may keep the process alive.
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}

/** Whether a Chromium that this process starts runs in its sandbox. */
export function isSandboxed(): boolean {
  return process.getuid?.() !== 0;
}

/** Kills a process that has just ended or runs still, and its helpers. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All have ended.
  }
}

/** A killed Chromium leaves its temporary files: here they lie in a folder that is removed. */
function temporaryFilesIn(folder: string): { readonly TMPDIR?: string } {
  // A Chromium that has no room for the path of its socket does not start.
  return join(folder, singletonSocket).length <= longestSocketPath ? { TMPDIR: folder } : {};
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}
