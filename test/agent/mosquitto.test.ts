import { join } from 'node:path';
import { queuedJob, transition } from '../../agent/jobs/jobRecord.js';
import { Journal } from '../../agent/jobs/journal.js';
import { Mosquitto, mosquittoPub } from '../helpers/mosquitto.js';
import { MqttListener } from '../helpers/mqttListener.js';
import { programTest } from '../helpers/requires.js';
import { startAgent } from '../helpers/startAgent.js';
import { tinyDetector } from '../helpers/tinyDetector.js';
import { until } from '../helpers/until.js';

const ping = { action: 'create', kind: 'ping' };

programTest('mosquitto_pub')('the Debian client commands an agent over its embedded broker', async (t) => {
  const { addresses, operator, topics } = await startAgent(t);
  await mosquittoPub(addresses.mqtt, {
    topic: topics.jobCommands.replace('+', 'p1'),
    message: JSON.stringify(ping),
  });
  const done = await operator.next(topics.jobStatus('p1'), ({ status }) => status === 'SUCCEEDED');
  t.is(done.kind, 'ping');
});

programTest('mosquitto')('over another broker an agent reports, and refuses unsigned commands', async (t) => {
  const broker = await Mosquitto.start(t);
  const { manifest } = await tinyDetector();
  const flags = { 'mqtt.broker': broker.url, 'model.path': manifest };
  const { finish, operator, topics } = await startAgent(t, { flags });
  t.is((await operator.next(topics.status)).state, 'online');
  t.is((await operator.next(topics.info)).capabilities.unsignedCommands, false);
  t.true((await operator.next(topics.state)).ready);
  const refused = await finish('p1', ping);
  t.like(refused, { status: 'REJECTED', reason: { code: 'command_untrusted' } });
});

programTest('mosquitto')('a command that the broker retained is refused for that', async (t) => {
  const broker = await Mosquitto.start(t);
  const early = await MqttListener.connect(broker.url);
  await early.publish('detptq/v1/default/box/jobs/kept/cmd', ping, { retain: true });
  await startAgent(t, { flags: { 'mqtt.broker': broker.url } });
  const refused = await early.next('detptq/v1/default/box/jobs/kept/status');
  t.like(refused, { status: 'REJECTED', reason: { code: 'command_retained' } });
  await early.close();
});

programTest('mosquitto')(
  'the end of an interrupted job stays at the broker until the next start',
  async (t) => {
    const broker = await Mosquitto.start(t);
    const flags = { 'mqtt.broker': broker.url };
    const { agent, stateRoot, topics } = await startAgent(t, { flags });
    await agent.stop();
    const stamp = { seq: 1, at: new Date().toISOString() };
    const queued = queuedJob({ jobId: 'lost', kind: 'ping', params: {} }, stamp);
    const open = transition(queued, { type: 'start' }, stamp);
    await new Journal(join(stateRoot, 'jobs')).write(open);

    const failing = await startAgent(t, { flags, stateRoot });
    const topic = topics.jobStatus('lost');
    t.is((await failing.operator.next(topic)).reason.code, 'job_interrupted');
    await failing.agent.stop();
    const between = await MqttListener.connect(broker.url);
    await between.next(topic);
    await startAgent(t, { flags, stateRoot });
    await until(() => between.heard.find((message) => message.topic === topic && message.payload === ''));
    await between.close();
  },
);

programTest('mosquitto')('when Mosquitto is gone and back, so is the agent', async (t) => {
  const broker = await Mosquitto.start(t);
  const { addresses } = await startAgent(t, { flags: { 'mqtt.broker': broker.url } });
  const before = await MqttListener.connect(broker.url);
  const { session } = await before.next('detptq/v1/default/box/status');
  await before.close();
  await broker.stop();
  t.is((await fetch(`${addresses.http}/healthz`)).status, 200);
  // Without its persistence the broker has forgotten all that was retained.
  await broker.start();
  const after = await MqttListener.connect(broker.url);
  const back = await after.next('detptq/v1/default/box/status', (status) => status.session > session);
  t.is(back.state, 'online');
  await after.next('detptq/v1/default/box/info');
  await after.next('detptq/v1/default/box/state');
  await after.close();
});
