/** Entry point of a worker thread that holds one session. */
import { parentPort } from 'node:worker_threads';
import type { Session } from '../engine.js';
import { piecesOf } from '../outputInPieces.js';
import { getEngine } from '../registry.js';
import {
  type LoadRequest,
  type Ports,
  type Reply,
  type Request,
  type RunAnswer,
  type RunRequest,
  toErrorMessage,
} from './messages.js';
import { buffersOf, movableTensors } from './movableTensors.js';

const port = parentPort!;
let session: Session;
/** Settles with the run before: one at a time, so that a run's time is its own. */
let previous: Promise<unknown> = Promise.resolve();

port.on('message', async (message: Request) => {
  const { id } = message;
  try {
    if (message.kind === 'load') {
      reply({ id, answer: await load(message.request) });
    } else if (message.kind === 'run') {
      const running = previous.then(() => run(message.request));
      previous = running.catch(() => undefined);
      const answer = await running;
      reply({ id, answer }, [...buffersOf(answer.results), ...answer.feedBuffers]);
    } else {
      await session.dispose();
      reply({ id, answer: undefined });
    }
  } catch (error) {
    reply({ id, error: toErrorMessage(error) });
  }
});

async function load({ engineName, graph, options }: LoadRequest): Promise<Ports> {
  session = await getEngine(engineName).load(graph, { ...options, thread: 'caller' });
  const { inputs, outputs, loweringNote } = session;
  return { inputs, outputs, loweringNote };
}

async function run({ feeds, outputs }: RunRequest): Promise<RunAnswer> {
  const start = performance.now();
  const results = movableTensors(piecesOf(await session.run(feeds, outputs)));
  return { results, feedBuffers: buffersOf(feeds), runMs: performance.now() - start };
}

function reply(message: Reply, moved: ArrayBuffer[] = []): void {
  port.postMessage(message, moved);
}
