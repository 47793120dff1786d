import test from 'ava';
import { backoffMs } from '../../../agent/mqtt/backoff.js';
import { type JobCommand, longestPayloadBytes, parseJobCommand } from '../../../agent/mqtt/jobCommand.js';
import { takesUnsignedCommands } from '../../../agent/mqtt/mqttPort.js';
import { type Keeping, Outbox } from '../../../agent/mqtt/outbox.js';
import { topicsOf } from '../../../agent/mqtt/topics.js';
import { AgentError, type ErrorCode } from '../../../runtime/errors.js';

const message = (topic: string, keeping: Keeping) =>
  ({ topic, payload: '', qos: 1, retain: false, keeping }) as const;
const topicsIn = (outbox: Outbox) => outbox.take().map(({ topic }) => topic);

test('the pause between attempts grows twofold up to a minute, and the jitter is full', (t) => {
  t.deepEqual(
    [0, 1, 2, 3].map((attempt) => backoffMs(attempt, 1)),
    [500, 1000, 2000, 4000],
  );
  t.is(backoffMs(7, 1), 60_000);
  t.is(backoffMs(10_000, 1), 60_000);
  t.is(backoffMs(10_000, 0), 0);
  t.is(backoffMs(3, 0.5), 2000);
});

test('the outbox keeps order, drops what is of the moment, and gives up the oldest telemetry first', (t) => {
  const outbox = new Outbox(3);
  for (const [topic, keeping] of [
    ['state', 'drop'],
    ['quality-1', 'queue'],
    ['job-1', 'always'],
    ['quality-2', 'queue'],
    ['job-2', 'always'],
  ] as const) {
    outbox.add(message(topic, keeping));
  }
  t.is(outbox.length, 3);
  t.deepEqual(topicsIn(outbox), ['job-1', 'quality-2', 'job-2']);
  t.is(outbox.length, 0);
});

test('the outbox never gives up the outcome of a job', (t) => {
  const outbox = new Outbox(2);
  for (const topic of ['a', 'b', 'c']) outbox.add(message(topic, 'always'));
  t.deepEqual(topicsIn(outbox), ['a', 'b', 'c']);
});

test('topics carry base, version, group and device, and the job id is read back from them', (t) => {
  const topics = topicsOf({ base: 'detptq', group: 'hall', device: 'cam-1' });
  t.is(topics.status, 'detptq/v1/hall/cam-1/status');
  t.is(topics.jobCommands, 'detptq/v1/hall/cam-1/jobs/+/cmd');
  t.is(topics.jobStatus('a1'), 'detptq/v1/hall/cam-1/jobs/a1/status');
  t.is(topics.jobIdOf('detptq/v1/hall/cam-1/jobs/a1/cmd'), 'a1');
  t.is(topics.jobIdOf('detptq/v1/hall/cam-1/jobs/a1/status'), undefined);
  t.is(topics.jobIdOf('detptq/v1/hall/cam-2/jobs/a1/cmd'), undefined);
  t.is(topics.jobIdOf('detptq/v1/hall/cam-1/jobs/a1/b2/cmd'), undefined);
  t.is(topics.jobIdOf('detptq/v1/hall/cam-1/jobs/cmd'), undefined);
});

test('a command is read with what it needs, and unknown fields are ignored', (t) => {
  const read = (value: unknown): JobCommand => parseJobCommand(Buffer.from(JSON.stringify(value)));
  t.deepEqual(read({ action: 'cancel', note: 'x' }), { action: 'cancel' });
  t.deepEqual(read({ action: 'create', kind: 'ping' }), { action: 'create', kind: 'ping', params: {} });
  t.deepEqual(read({ action: 'create', kind: 'calibrate', params: { frames: 8 }, crit: ['params'] }), {
    action: 'create',
    kind: 'calibrate',
    params: { frames: 8 },
  });
});

for (const [what, payload, code] of [
  ['text', 'calibrate!', 'command_malformed'],
  ['nothing but a number', '3', 'command_malformed'],
  ['null', 'null', 'command_malformed'],
  ['a list', '[]', 'command_malformed'],
  ['a command cut short', '{"action":"create","kin', 'command_malformed'],
  ['no action', '{"kind":"ping"}', 'command_malformed'],
  ['no kind', '{"action":"create"}', 'command_malformed'],
  ['parameters that are no object', '{"action":"create","kind":"ping","params":[1]}', 'command_malformed'],
  ['an unknown action', '{"action":"explode"}', 'command_unknown'],
  ['a critical field that is unknown', '{"action":"cancel","crit":["after"],"after":1}', 'command_unknown'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'command_malformed'],
  ['too many bytes', `"${'x'.repeat(longestPayloadBytes)}"`, 'command_malformed'],
] as const satisfies readonly (readonly [string, string | Buffer, ErrorCode])[]) {
  test(`a command of ${what} is refused with ${code}`, (t) => {
    const error = t.throws(() => parseJobCommand(Buffer.from(payload as string)), { instanceOf: AgentError });
    t.is(error?.code, code);
  });
}

test('unsigned commands are taken from the embedded broker on loopback only', (t) => {
  const trusted = (broker: string, embeddedHost: string) =>
    takesUnsignedCommands({ broker, embeddedHost } as Parameters<typeof takesUnsignedCommands>[0]);
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) t.true(trusted('embedded', host), host);
  for (const host of ['0.0.0.0', '::', '192.168.1.4', 'fe80::1', 'example.org', '127.0.0.1.example.org']) {
    t.false(trusted('embedded', host), host);
  }
  t.false(trusted('mqtt://127.0.0.1:1883', '127.0.0.1'));
});
