import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadOptions {
  /** Base URL of the HTTP API. */
  readonly url: string;
  /** Encoded pictures, which the clients post in turn. */
  readonly images: readonly Uint8Array[];
  readonly clients: number;
  /** What a client waits between an answer and its next request. */
  readonly pauseMs: number;
}

/** What clients saw of the detection route. */
export interface LoadCount {
  readonly requests: number;
  /** Answers other than 200, and broken connections. */
  readonly failed: number;
  /** Answers that do not name one and the same model in body and header. */
  readonly mixed: number;
  /** Times from a request to its answer in milliseconds, in order, by the digest of the model that answered. */
  readonly latenciesMs: ReadonlyMap<string, readonly number[]>;
  /** Why requests failed, the first few. */
  readonly failures: readonly string[];
}

const keptFailures = 10;

/** Clients that post pictures to `/v1/detect` over connections that stay open, from construction until `stop`. */
export class LoadGenerator {
  readonly #options: LoadOptions;
  readonly #latenciesMs = new Map<string, number[]>();
  readonly #failures: string[] = [];
  #requests = 0;
  #failed = 0;
  #mixed = 0;
  readonly #stopping = new AbortController();
  readonly #connections: Agent;
  #clients: readonly Promise<void>[] = [];

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#connections = new Agent({ keepAlive: true, maxSockets: options.clients });
  }

  /** What was seen so far. */
  get count(): LoadCount {
    return {
      ...{ requests: this.#requests, failed: this.#failed, mixed: this.#mixed },
      ...{ latenciesMs: this.#latenciesMs, failures: this.#failures },
    };
  }

  start(): void {
    this.#clients = Array.from({ length: this.#options.clients }, (_, client) => this.#work(client));
  }

  /** Waits for the answers under way and returns what was seen. */
  async stop(): Promise<LoadCount> {
    this.#stopping.abort();
    await Promise.all(this.#clients);
    this.#connections.destroy();
    return this.count;
  }

  async #work(client: number): Promise<void> {
    const { images, pauseMs } = this.#options;
    const { signal } = this.#stopping;
    for (let turn = client; !signal.aborted; turn++) {
      await this.#ask(images[turn % images.length]!);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #ask(image: Uint8Array): Promise<void> {
    const startedMs = performance.now();
    this.#requests++;
    try {
      const { status, digest, body } = await this.#post(image);
      if (status !== 200) return this.#fail(`${status} ${body.slice(0, 200)}`);
      const { model } = JSON.parse(body) as { model: { digest: string } };
      if (model.digest !== digest) this.#mixed++;
      const times = this.#latenciesMs.get(model.digest) ?? [];
      times.push(performance.now() - startedMs);
      this.#latenciesMs.set(model.digest, times);
    } catch (error) {
      this.#fail(String(error));
    }
  }

  #fail(reason: string): void {
    this.#failed++;
    if (this.#failures.length < keptFailures) this.#failures.push(reason);
  }

  #post(image: Uint8Array): Promise<{ status: number; digest: string | undefined; body: string }> {
    const headers = { 'content-type': 'image/jpeg', 'content-length': image.byteLength };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${this.#options.url}/v1/detect`,
        { method: 'POST', agent: this.#connections, headers },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode!,
              digest: answer.headers['x-model-digest'] as string | undefined,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(image);
    });
  }
}

/** Returns how many answers name two models at once, or one that is none of `known` digests. */
export function mixedAnswers({ mixed, latenciesMs }: LoadCount, known: readonly string[]): number {
  const strangers = [...latenciesMs].filter(([digest]) => !known.includes(digest));
  return strangers.reduce((sum, [, times]) => sum + times.length, mixed);
}
