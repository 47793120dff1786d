import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What clients saw of the detection route. */
export interface HammerCount {
  requests: number;
  /** Answers other than 200, and broken connections. */
  failed: number;
  /** Answers that do not name one and the same model in body and header, or name one nobody activated. */
  mixed: number;
  /** Answers by model digest. */
  readonly byDigest: Map<string, number>;
  /** Client-side latency in milliseconds by model digest. */
  readonly latencies: Map<string, number[]>;
  readonly failures: string[];
}

/** Clients that post images to `/v1/detect`, each its next one a pause after the answer to the last. */
export class Hammer {
  readonly count: HammerCount = {
    requests: 0,
    failed: 0,
    mixed: 0,
    byDigest: new Map(),
    latencies: new Map(),
    failures: [],
  };
  #running = true;
  readonly #clients: Promise<void>[];

  constructor(
    url: string,
    images: readonly Buffer[],
    { clients, pauseMs }: { clients: number; pauseMs: number },
  ) {
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    this.#clients = Array.from({ length: clients }, (_, client) =>
      this.#hammer({ url, images, agent, client, pauseMs }),
    );
  }

  async stop(): Promise<HammerCount> {
    this.#running = false;
    await Promise.all(this.#clients);
    return this.count;
  }

  async #hammer({
    url,
    images,
    agent,
    client,
    pauseMs,
  }: {
    url: string;
    images: readonly Buffer[];
    agent: Agent;
    client: number;
    pauseMs: number;
  }) {
    for (let i = client; this.#running; i++) {
      const started = performance.now();
      this.count.requests++;
      try {
        const { status, headerDigest, body } = await post(
          `${url}/v1/detect`,
          images[i % images.length]!,
          agent,
        );
        if (status !== 200) this.#fail(`${status} ${body.slice(0, 200)}`);
        else
          this.#note(
            headerDigest,
            JSON.parse(body) as { model: { digest: string } },
            performance.now() - started,
          );
      } catch (error) {
        this.#fail(String(error));
      }
      if (pauseMs > 0) await sleep(pauseMs);
    }
  }

  #note(headerDigest: string | undefined, { model }: { model: { digest: string } }, latencyMs: number) {
    const { byDigest, latencies } = this.count;
    if (model.digest !== headerDigest) this.count.mixed++;
    byDigest.set(model.digest, (byDigest.get(model.digest) ?? 0) + 1);
    latencies.set(model.digest, [...(latencies.get(model.digest) ?? []), latencyMs]);
  }

  #fail(reason: string) {
    this.count.failed++;
    this.count.failures.push(reason);
  }
}

function post(url: string, image: Buffer, agent: Agent) {
  return new Promise<{ status: number; headerDigest: string | undefined; body: string }>(
    (resolve, reject) => {
      const outgoing = request(
        url,
        { method: 'POST', agent, headers: { 'content-type': 'image/jpeg', 'content-length': image.length } },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({
              status: answer.statusCode!,
              headerDigest: answer.headers['x-model-digest'] as string | undefined,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(image);
    },
  );
}
