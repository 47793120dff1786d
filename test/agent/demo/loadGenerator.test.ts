import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { type LoadCount, LoadGenerator, mixedAnswers } from '../../../agent/demo/loadGenerator.js';
import { ThreadedLoad } from '../../../agent/demo/threadedLoad.js';
import { until } from '../../helpers/until.js';

/** Serves `/v1/detect` as `answer` says; returns its URL and the connections that it got. */
async function serve(t: ExecutionContext, answer: (turn: number, response: ServerResponse) => void) {
  const connections = new Set<number>();
  let turn = 0;
  const server = createServer((request: IncomingMessage, response) => {
    connections.add(request.socket.remotePort!);
    request.resume().on('end', () => answer(turn++, response));
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections };
}

function detected(response: ServerResponse, header: string, body = header): void {
  response.setHeader('x-model-digest', header);
  response.end(JSON.stringify({ detections: [], model: { digest: body } }));
}

const images = [new Uint8Array([1, 2, 3]), new Uint8Array([4])];

test('clients ask over connections that stay open, and count answers by model', async (t) => {
  const { url, connections } = await serve(t, (turn, response) => detected(response, turn < 6 ? 'a' : 'b'));
  const load = new LoadGenerator({ url, images, clients: 2, pauseMs: 0 });
  load.start();
  await until(() => (load.count.latenciesMs.get('b')?.length ?? 0) >= 3);
  const count = await load.stop();
  t.is(count.latenciesMs.get('a')!.length, 6);
  t.is(count.requests, 6 + count.latenciesMs.get('b')!.length);
  t.like(count, { failed: 0, mixed: 0 });
  t.is(connections.size, 2);
  t.is(mixedAnswers(count, ['a', 'b']), 0);
  t.is(mixedAnswers(count, ['b']), 6);
});

test('an answer that names two models, a refusal and a broken connection are told apart', async (t) => {
  const { url } = await serve(t, (turn, response) => {
    if (turn === 0) detected(response, 'a', 'b');
    else if (turn === 1) response.writeHead(503).end('full');
    else if (turn === 2) response.destroy();
    else if (turn === 3) response.end('no JSON');
    else detected(response, 'a');
  });
  const load = new LoadGenerator({ url, images, clients: 1, pauseMs: 0 });
  load.start();
  await until(() => load.count.latenciesMs.has('a'));
  const count = await load.stop();
  t.like(count, { mixed: 1, failed: 3 });
  t.is(count.failures[0], '503 full');
  t.is(count.failures.length, 3);
});

test('a load in a thread tells what it has seen so far, and in the end', async (t) => {
  const { url } = await serve(t, (_turn, response) => detected(response, 'a'));
  const load = new ThreadedLoad({ url, images, clients: 1, pauseMs: 1 });
  let soFar: LoadCount;
  do soFar = await load.count();
  while (soFar.requests < 3);
  const count = await load.stop();
  t.true(count.requests >= soFar.requests);
  t.is(count.failed, 0);
  t.is(count.latenciesMs.get('a')!.length, count.requests);
});
