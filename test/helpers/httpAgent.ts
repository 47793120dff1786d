import type { ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { createHttpApp } from '../../agent/http/app.js';
import type { HttpDeps } from '../../agent/http/deps.js';
import { startHttpServer } from '../../agent/http/server.js';
import type { AgentError } from '../../runtime/errors.js';
import { WorkQueue, type WorkQueueOptions } from '../../runtime/serving/queue.js';
import type { ServedModel } from '../../runtime/serving/servedModel.js';
import { ModelSlot } from '../../runtime/serving/slot.js';
import { type Answer, send } from './httpClient.js';

export interface HttpAgentOptions extends Partial<Omit<HttpDeps, 'slot' | 'queue' | 'registry'>> {
  readonly model?: ServedModel;
  readonly queue?: WorkQueueOptions;
}

/** The HTTP layer on a free port, over whatever model is given, until the test ends. */
export async function startHttpAgent(t: ExecutionContext, options: HttpAgentOptions = {}) {
  const { model, queue: queueOptions = { concurrency: 2, maxWaiting: 8 }, ...deps } = options;
  const slot = new ModelSlot();
  const queue = new WorkQueue(queueOptions);
  const defects: AgentError[] = [];
  const app = createHttpApp({
    slot,
    queue,
    registry: new Registry(),
    limits: { maxBodyBytes: 1_000_000, maxPixels: 1_000_000, deadlineMs: 10_000 },
    readiness: () => null,
    models: async () => [],
    stats: () => ({}),
    observer: { onDefect: (error) => defects.push(error) },
    ...deps,
  });
  const server = await startHttpServer(app, { host: '127.0.0.1', port: 0 });
  t.teardown(() => server.close(0));
  if (model !== undefined) {
    await slot.swap(async () => model, { warmUp: async () => undefined, drainTimeoutMs: 10_000 });
  }
  return {
    server,
    slot,
    queue,
    defects,
    get: (path: string) => send(`${server.url}${path}`),
    detect: (body: Uint8Array | string, headers: Record<string, string> = {}, query = ''): Promise<Answer> =>
      send(`${server.url}/v1/detect${query}`, {
        method: 'POST',
        headers: { 'Content-Type': 'image/jpeg', ...headers },
        body,
      }),
  };
}

/** The code in an error body. */
export function codeOf({ body }: Answer): unknown {
  return (JSON.parse(body) as { error?: { code?: unknown } }).error?.code;
}
