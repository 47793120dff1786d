import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { AgentError, toAgentError } from '../../errors.js';
import { type ErrorMessage, fromErrorMessage } from '../threaded/messages.js';
import type { WriterTask } from './keptModel.js';
import type { EncodedModel } from './writtenModel.js';

export type WriterReply = { readonly encoded: EncodedModel } | { readonly error: ErrorMessage };

/**
 * Returns what `keptModel` does, from a thread of its own: it takes seconds on a slow processor, in which the caller's event
 * loop goes on.
 *
 * @throws AgentError those of `keptModel`; `engine_load_failed` when the thread dies
 */
export async function writeInThread(task: WriterTask): Promise<EncodedModel> {
  const worker = new Worker(new URL('./writerThread.js', import.meta.url), {
    name: 'litert writer',
    workerData: task,
  });
  let reply: WriterReply;
  try {
    [reply] = (await once(worker, 'message')) as [WriterReply];
  } catch (cause) {
    const message = `the thread that writes the model ended: ${toAgentError(cause).message}`;
    throw new AgentError('engine_load_failed', message, { cause });
  } finally {
    await worker.terminate();
  }
  if ('error' in reply) throw fromErrorMessage(reply.error);
  return reply.encoded;
}
