import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { Aedes, type AedesOptions } from 'aedes';
import test, { type ExecutionContext } from 'ava';
import { EmbeddedBroker } from '../../../agent/mqtt/embeddedBroker.js';
import { type IncomingMessage, MqttLink } from '../../../agent/mqtt/mqttLink.js';
import type { OutgoingMessage } from '../../../agent/mqtt/outbox.js';
import { SessionCounter } from '../../../agent/mqtt/sessionCounter.js';
import { AgentError } from '../../../runtime/errors.js';
import { MqttListener } from '../../helpers/mqttListener.js';
import { silentLog } from '../../helpers/silentLog.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { until } from '../../helpers/until.js';

const host = '127.0.0.1';

async function startBroker(t: ExecutionContext, port = 0): Promise<{ broker: EmbeddedBroker; url: string }> {
  const broker = new EmbeddedBroker({ host, port });
  t.teardown(() => broker.stop());
  return { broker, url: await broker.start() };
}

/** Starts a broker that is not the agent's own. */
async function startForeignBroker(t: ExecutionContext, options: AedesOptions) {
  const aedes = await Aedes.createBroker(options);
  const server = createServer(aedes.handle).listen({ host, port: 0 });
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    return new Promise<void>((resolve) => aedes.close(resolve));
  });
  return { aedes, url: `mqtt://${host}:${(server.address() as AddressInfo).port}` };
}

const say = (
  topic: string,
  payload: unknown,
  keeping: OutgoingMessage['keeping'] = 'always',
): OutgoingMessage => {
  return { topic, payload: JSON.stringify(payload), qos: 1, retain: topic === 'status', keeping };
};

interface Linked {
  readonly link: MqttLink;
  readonly received: IncomingMessage[];
  readonly sessionPath: string;
}

async function startLink(
  t: ExecutionContext,
  url: string,
  options: { readonly sessionPath?: string; readonly pauseMs?: (attempt: number) => number } = {},
): Promise<Linked> {
  const received: IncomingMessage[] = [];
  const path = options.sessionPath ?? join(tempFolder(), 'session.json');
  const session = new SessionCounter(path);
  await session.load();
  const link = new MqttLink({
    clientId: 'device',
    keepAliveS: 30,
    session,
    will: (number) => say('status', { state: 'offline', session: number }),
    subscription: { filter: 'in/+', onMessage: async (message) => void received.push(message) },
    greeting: (number) => [
      say('status', { state: 'online', session: number }),
      say('info', {}),
      say('state', {}),
    ],
    pauseMs: options.pauseMs ?? (() => 10),
    log: silentLog,
  });
  t.teardown(() => link.stop(say('status', { state: 'stopped' })));
  link.start({ url });
  return { link, received, sessionPath: path };
}

test('a connection begins with the greeting, in order, and what is retained stays', async (t) => {
  const { url } = await startBroker(t);
  const early = await MqttListener.connect(url);
  const { link } = await startLink(t, url);
  await early.next('state');
  t.deepEqual(
    early.heard.map(({ topic }) => topic),
    ['status', 'info', 'state'],
  );
  t.true(link.connected);
  const late = await MqttListener.connect(url);
  t.is((await late.next('status')).state, 'online');
  await Promise.all([early.close(), late.close()]);
});

test('messages to the subscription arrive with their retain flag, others do not', async (t) => {
  const { url } = await startBroker(t);
  const operator = await MqttListener.connect(url);
  await operator.publish('in/kept', 'old', { retain: true });
  const { received } = await startLink(t, url);
  await until(() => received.length === 1);
  await operator.publish('out/1', 'x');
  await operator.publish('in/1', 'new');
  await until(() => received.length === 2);
  t.deepEqual(
    received.map(({ topic, retained, payload }) => [topic, retained, payload.toString()]),
    [
      ['in/kept', true, 'old'],
      ['in/1', false, 'new'],
    ],
  );
  await operator.close();
});

test('a device that stops says so, and leaves no will behind', async (t) => {
  const { url } = await startBroker(t);
  const operator = await MqttListener.connect(url, 'status');
  const { link } = await startLink(t, url);
  await operator.next('status');
  await link.stop(say('status', { state: 'stopped' }));
  await operator.next('status', ({ state }) => state === 'stopped');
  t.deepEqual(
    operator.on('status').map(({ state }) => state),
    ['online', 'stopped'],
  );
  t.false(link.connected);
  await operator.close();
});

test('a device that dies is declared offline with the session of its connection', async (t) => {
  const { url } = await startBroker(t);
  const operator = await MqttListener.connect(url, 'status');
  await startLink(t, url);
  const { session } = await operator.next('status');
  // A second client of the same id throws the first one out, as a broken network would.
  const usurper = await MqttListener.connect(url, 'none');
  const { default: mqtt } = await import('mqtt');
  const twin = await mqtt.connectAsync(url, { clientId: 'device', reconnectPeriod: 0 });
  const will = await operator.next('status', ({ state }) => state === 'offline');
  t.is(will.session, session);
  const back = await operator.next(
    'status',
    (status) => status.state === 'online' && status.session > session,
  );
  t.is(back.session, session + 1);
  await Promise.all([twin.endAsync(true), usurper.close(), operator.close()]);
});

test('the session number grows over restarts', async (t) => {
  const { url } = await startBroker(t);
  const operator = await MqttListener.connect(url, 'status');
  const first = await startLink(t, url);
  const { session } = await operator.next('status');
  await first.link.stop(say('status', { state: 'stopped' }));
  await startLink(t, url, { sessionPath: first.sessionPath });
  const again = await operator.next(
    'status',
    (status) => status.state === 'online' && status.session !== session,
  );
  t.is(again.session, session + 1);
  await operator.close();
});

test('when the broker is gone and back, the greeting comes again and then what had to wait', async (t) => {
  const { broker, url } = await startBroker(t);
  const { link, received } = await startLink(t, url);
  await until(() => link.connected);
  await broker.stop();
  await until(() => !link.connected);
  link.publish(say('job', 1));
  link.publish(say('telemetry', 2, 'drop'));
  link.publish(say('job', 3));
  t.is(link.waiting, 2);
  const { url: sameUrl } = await startBroker(t, Number(new URL(url).port));
  const operator = await MqttListener.connect(sameUrl);
  await until(() => link.connected);
  await operator.next('job', (payload) => payload === 3);
  t.deepEqual(operator.on('job'), [1, 3]);
  t.deepEqual(operator.on('telemetry'), []);
  t.is(operator.on('status').at(-1).state, 'online');
  await operator.publish('in/again', 'x');
  await until(() => received.some(({ topic }) => topic === 'in/again'));
  await operator.close();
});

test('a broker that is not there yet is waited for', async (t) => {
  const { broker, url } = await startBroker(t);
  await broker.stop();
  const { link } = await startLink(t, url);
  link.publish(say('job', 1));
  await startBroker(t, Number(new URL(url).port));
  await until(() => link.connected);
  t.is(link.waiting, 0);
});

test('a broker that refuses a connection is tried again', async (t) => {
  let asked = 0;
  const { url } = await startForeignBroker(t, {
    authenticate: (_client, _username, _password, done) => {
      asked += 1;
      done(null, asked > 2);
    },
  });
  const { link } = await startLink(t, url);
  await until(() => link.connected);
  t.is(asked, 3);
});

test('the pauses grow where a broker accepts each connection and drops it', async (t) => {
  const { aedes, url } = await startForeignBroker(t, {});
  aedes.on('clientReady', (client) => client.close());
  const attempts: number[] = [];
  await startLink(t, url, { pauseMs: (attempt) => attempts.push(attempt) });
  await until(() => attempts.length >= 4);
  t.deepEqual(attempts.slice(0, 4), [0, 1, 2, 3]);
});

test('the embedded broker refuses a port that is taken', async (t) => {
  const { url } = await startBroker(t);
  const second = new EmbeddedBroker({ host, port: Number(new URL(url).port) });
  const error = await t.throwsAsync(second.start(), { instanceOf: AgentError });
  t.is(error?.code, 'port_in_use');
  t.is(error?.detail.where, new URL(url).host);
});
