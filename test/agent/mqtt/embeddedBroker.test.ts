import test from 'ava';
import mqtt from 'mqtt';
import { EmbeddedBroker } from '../../../agent/mqtt/embeddedBroker.js';
import { until } from '../../helpers/until.js';

test.serial('no live client is taken for dead when the clock leaps', async (t) => {
  const broker = new EmbeddedBroker({ host: '127.0.0.1', port: 0, heartbeatMs: 20 });
  const url = await broker.start();
  const client = await mqtt.connectAsync(url, {
    will: { topic: 'will', payload: Buffer.from('gone'), qos: 0, retain: false },
  });
  const listener = await mqtt.connectAsync(url);
  await listener.subscribeAsync(['will', '$SYS/+/heartbeat']);
  const { now } = Date;
  let leaps = 0;
  // Every look at the clock finds an hour gone by.
  Date.now = () => now() + 3_600_000 * ++leaps;
  t.teardown(async () => {
    Date.now = now;
    await Promise.all([client.endAsync(true), listener.endAsync(true)]);
    await broker.stop();
  });
  const topics: string[] = [];
  listener.on('message', (topic) => topics.push(topic));
  await until(() => topics.length >= 16);
  t.false(topics.includes('will'));
});
