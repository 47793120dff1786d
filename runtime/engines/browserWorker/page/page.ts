/** Entry point of the page: answers the agent's calls over one socket, in the order in which they come. */
import { toAgentError } from '../../../errors.js';
import type { Tensor } from '../../../graph/tensor.js';
import type { TensorMap } from '../../engine.js';
import { decodeFrame, encodeFrame, type Frame } from '../frame.js';
import type { BrowserEngineName, Calls, FeedPlan, Hello, Reply, Request } from '../messages.js';
import type { PageBackend, PageSession } from './pageBackend.js';

/** Each with its library, which loads only where it is used. */
const backends: Readonly<Record<BrowserEngineName, () => Promise<PageBackend>>> = {
  'tfjs-webgl': async () => (await import('./tfjsWebgl.js')).tfjsWebgl,
  webgpu: async () => (await import('./webgpu.js')).webgpu,
  webnn: async () => (await import('./webnn.js')).webnn,
};

interface LoadedSession {
  readonly session: PageSession;
  /** By the agent's number. */
  readonly kept: Map<number, Tensor>;
}

const sessions = new Map<number, LoadedSession>();
let lastSession = 0;
let previous: Promise<unknown> = Promise.resolve();

const socket = new WebSocket(new URL('socket', location.href.replace(/^http/, 'ws')));
socket.binaryType = 'arraybuffer';
socket.addEventListener('open', () => send({ userAgent: navigator.userAgent }));
socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
  previous = previous.then(() => reply(decodeFrame<Request>(data)));
});

async function reply({ message, tensors }: Frame<Request>): Promise<void> {
  const { id } = message;
  try {
    const { message: answer, tensors: results } = await answerTo(message, tensors);
    send({ id, answer }, results);
  } catch (error) {
    const { code, message: text, detail } = toAgentError(error);
    send({ id, error: { code, message: text, detail } });
  }
}

async function answerTo(message: Request, tensors: TensorMap): Promise<Frame<Calls[keyof Calls]['answer']>> {
  switch (message.kind) {
    case 'describe': {
      const backend = await backends[message.request.engine]();
      return { message: await backend.describe(), tensors: {} };
    }
    case 'load': {
      const backend = await backends[message.request.engine]();
      const model = tensors.model!.data as Uint8Array;
      const session = ++lastSession;
      sessions.set(session, {
        session: await backend.load(model, message.request.optimization),
        kept: new Map(),
      });
      return { message: { session }, tensors: {} };
    }
    case 'run': {
      const start = performance.now();
      const loaded = sessions.get(message.request.session)!;
      const feeds = allFeeds(loaded, tensors, message.request);
      const results = await loaded.session.run(feeds, message.request.outputs);
      return { message: { runMs: performance.now() - start }, tensors: results };
    }
    case 'dispose': {
      await sessions.get(message.request.session)!.session.dispose();
      sessions.delete(message.request.session);
      return { message: {}, tensors: {} };
    }
  }
}

function allFeeds({ session, kept }: LoadedSession, sent: TensorMap, plan: FeedPlan): TensorMap {
  for (const [name, number] of Object.entries(plan.keep)) {
    const { dtype, dims, data } = sent[name]!;
    // Not as a part of the frame that it came in, all of which would stay.
    const tensor = { dtype, dims, data: data.slice() } as Tensor;
    kept.set(number, tensor);
    session.keep?.(tensor);
  }
  const held = Object.entries({ ...plan.keep, ...plan.kept }).map(
    ([name, number]) => [name, kept.get(number)!] as const,
  );
  return { ...sent, ...Object.fromEntries(held) };
}

function send(message: Hello | Reply, tensors: TensorMap = {}): void {
  socket.send(encodeFrame({ message, tensors }));
}
