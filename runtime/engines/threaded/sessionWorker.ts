/** Entry point of a worker thread that holds one session. */
import { parentPort } from 'node:worker_threads';
import type { Session, TensorMap } from '../engine.js';
import { getEngine } from '../registry.js';
import { compactTensors } from './compactTensors.js';
import { type LoadRequest, type Ports, type Reply, type Request, toErrorMessage } from './messages.js';

const port = parentPort!;
let session: Session;

port.on('message', async (message: Request) => {
  const { id } = message;
  try {
    if (message.kind === 'load') {
      reply({ id, answer: await load(message.request) });
    } else if (message.kind === 'run') {
      replyTensors(id, await session.run(message.request.feeds, message.request.outputs));
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
  const { inputs, outputs } = session;
  return { inputs, outputs };
}

/** A run's results are its caller's, this thread, so their memory moves instead of being copied. */
function replyTensors(id: number, results: TensorMap): void {
  const answer = compactTensors(results);
  const buffers = new Set(Object.values(answer).map(({ data }) => data.buffer as ArrayBuffer));
  reply({ id, answer }, [...buffers]);
}

function reply(message: Reply, moved: ArrayBuffer[] = []): void {
  port.postMessage(message, moved);
}
