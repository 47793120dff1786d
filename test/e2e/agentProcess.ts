import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { projectRoot } from '../helpers/paths.js';

/** A real `detptq run`, as a user starts it. */
export class AgentProcess {
  readonly #child: ChildProcess;
  /** Lines of its log. */
  readonly log: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts the agent and returns once it says where it listens. */
  static async start(args: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, [`${projectRoot}dist/agent/cli.js`, 'run', ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const agent = new AgentProcess(child);
    const addresses = await agent.#readAddresses();
    return { agent, ...addresses };
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async #readAddresses(): Promise<{ http: string; mqtt: string }> {
    const lines = createInterface({ input: this.#child.stderr! });
    return new Promise((resolve, reject) => {
      lines.on('line', (line) => {
        this.log.push(line);
        const listening = /detection on (http:\/\/[^/]+)\/v1\/detect, MQTT on (mqtt:\S+?)[".,\s]*$/.exec(
          line.startsWith('{') ? (JSON.parse(line) as { msg: string }).msg : line,
        );
        if (listening) resolve({ http: listening[1]!, mqtt: listening[2]! });
      });
      this.#child.on('exit', (code) =>
        reject(new Error(`detptq run ended with ${code}:\n${this.log.join('\n')}`)),
      );
    });
  }

  /** Sends SIGTERM and returns the exit status. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    this.#child.kill('SIGTERM');
    const [code] = (await once(this.#child, 'exit')) as [number | null];
    return code;
  }
}
