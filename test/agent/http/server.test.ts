import { Agent } from 'node:http';
import test from 'ava';
import { startHttpServer } from '../../../agent/http/server.js';
import { FakeModel } from '../../helpers/fakeModel.js';
import { Gate } from '../../helpers/gate.js';
import { codeOf, startHttpAgent } from '../../helpers/httpAgent.js';
import { send } from '../../helpers/httpClient.js';
import { jpeg } from '../../helpers/pictures.js';

const picture = await jpeg(8, 8);

test('a port that is taken is named', async (t) => {
  const { server } = await startHttpAgent(t);
  const second = startHttpServer(() => undefined, { host: '127.0.0.1', port: server.port });
  const error = await t.throwsAsync(second, { code: 'port_in_use' });
  t.true(error.message.includes(`127.0.0.1:${server.port}`));
});

test('an address that this machine does not have is an error of the configuration', async (t) => {
  const server = startHttpServer(() => undefined, { host: '192.0.2.1', port: 0 });
  await t.throwsAsync(server, { code: 'config_invalid' });
});

test('a shutdown lets the request under way finish and then refuses connections', async (t) => {
  const gate = new Gate();
  const { server, detect, get } = await startHttpAgent(t, {
    model: new FakeModel('a', { onRun: gate.pass }),
  });
  const held = detect(picture);
  await gate.reached;
  const closed = server.close(10_000);
  gate.open();
  const answer = await held;
  t.is(answer.status, 200);
  t.is(answer.headers.connection, 'close');
  t.true(await closed);
  await t.throwsAsync(get('/healthz'), { code: 'ECONNREFUSED' });
});

test('a shutdown does not wait for idle keep-alive connections', async (t) => {
  const { server } = await startHttpAgent(t);
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const { headers } = await send(`${server.url}/healthz`, { agent });
  t.is(headers.connection, 'keep-alive');
  t.true(await server.close(10_000));
});

test('an idle connection outlives those of clients and proxies', async (t) => {
  const { server } = await startHttpAgent(t);
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const { headers } = await send(`${server.url}/healthz`, { agent });
  const [, seconds] = /timeout=(\d+)/.exec(String(headers['keep-alive']))!;
  t.true(Number(seconds) > 60, seconds);
});

test('a shutdown cuts what is under way at the time-out and says so', async (t) => {
  const gate = new Gate();
  const { server, detect } = await startHttpAgent(t, { model: new FakeModel('a', { onRun: gate.pass }) });
  const held = t.throwsAsync(detect(picture), { code: 'ECONNRESET' });
  await gate.reached;
  t.false(await server.close(1));
  await held;
  gate.open();
});

test('while the queue drains, new requests are answered 503 and those that wait are served', async (t) => {
  const gate = new Gate();
  const { queue, detect } = await startHttpAgent(t, {
    model: new FakeModel('a', { onRun: gate.pass }),
    queue: { concurrency: 1, maxWaiting: 2 },
  });
  const running = detect(picture);
  await gate.reached;
  const waiting = detect(picture);
  while (queue.waiting === 0) await new Promise(setImmediate);
  const drained = queue.drain(10_000);
  const late = await detect(picture);
  t.deepEqual([late.status, codeOf(late)], [503, 'shutting_down']);
  t.truthy(late.headers['retry-after']);
  gate.open();
  t.deepEqual([(await running).status, (await waiting).status], [200, 200]);
  t.true(await drained);
});
