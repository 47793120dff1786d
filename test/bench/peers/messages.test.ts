import { PassThrough, Readable } from 'node:stream';
import test from 'ava';
import { readMessages, writeMessage } from './messages.js';

async function texts(chunks: readonly Buffer[]): Promise<string[]> {
  const messages: string[] = [];
  for await (const message of readMessages(Readable.from(chunks))) messages.push(message.toString('utf8'));
  return messages;
}

async function written(messages: readonly string[]): Promise<Buffer> {
  const stream = new PassThrough();
  for (const message of messages) await writeMessage(stream, Buffer.from(message));
  return stream.read() as Buffer;
}

test('messages are what was written, wherever the stream is cut', async (t) => {
  const messages = ['first', '', 'the third', 'x'.repeat(300)];
  const bytes = await written(messages);
  t.deepEqual(await texts([bytes]), messages);
  t.deepEqual(await texts([...bytes].map((byte) => Buffer.of(byte))), messages);
  for (let cut = 1; cut < 30; cut++) {
    t.deepEqual(await texts([bytes.subarray(0, cut), bytes.subarray(cut)]), messages, `cut at ${cut}`);
  }
});

test('a message that is cut short is no message', async (t) => {
  const bytes = await written(['whole', 'cut short']);
  t.deepEqual(await texts([bytes.subarray(0, -1)]), ['whole']);
  t.deepEqual(await texts([bytes.subarray(0, 'whole'.length + 4 + 2)]), ['whole']);
  t.deepEqual(await texts([]), []);
});
