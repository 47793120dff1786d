import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { tempFolder } from './tempFolder.js';

/** A real Mosquitto broker on a port of loopback, which ends with the test. */
export class Mosquitto {
  readonly #port: number;
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(t: ExecutionContext): Promise<Mosquitto> {
    const broker = new Mosquitto(await freePort());
    t.teardown(() => broker.stop());
    await broker.start();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const config = join(tempFolder(), 'mosquitto.conf');
    await writeFile(config, `listener ${this.#port} 127.0.0.1\nallow_anonymous true\n`);
    this.#process = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
    await once(this.#process, 'spawn');
    while (!(await answers(this.#port))) await sleep(5);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    child.kill();
    await once(child, 'exit');
  }
}

/** Publishes with the real client, at QoS 1. */
export async function mosquittoPub(
  url: string,
  { topic, message }: { readonly topic: string; readonly message: string },
): Promise<void> {
  const { hostname, port } = new URL(url);
  // Not in this thread: it is the broker's.
  await promisify(execFile)('mosquitto_pub', [
    '-h',
    hostname,
    '-p',
    port,
    '-q',
    '1',
    '-t',
    topic,
    '-m',
    message,
  ]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
