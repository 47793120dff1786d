import test from 'ava';
import { z } from 'zod';
import { Operator } from '../../../agent/demo/operator.js';
import { EmbeddedBroker } from '../../../agent/mqtt/embeddedBroker.js';
import { topicsOf } from '../../../agent/mqtt/topics.js';
import { MqttListener } from '../../helpers/mqttListener.js';

const topics = topicsOf({ base: 'detptq', group: 'default', device: 'box' });
const schema = z.object({ value: z.number() });
const never = new AbortController().signal;

test('an operator sends commands, and waits for what the device says or has said', async (t) => {
  const broker = new EmbeddedBroker({ host: '127.0.0.1', port: 0 });
  const url = await broker.start();
  t.teardown(() => broker.stop());
  const device = await MqttListener.connect(url);
  t.teardown(() => device.close());
  await device.publish(topics.state, { value: 1 }, { retain: true });
  const operator = await Operator.connect(url, topics);
  t.teardown(() => operator.close());

  t.deepEqual(await operator.next(topics.state, { schema, signal: never }), { value: 1 });
  const later = operator.next(topics.state, { schema, fits: ({ value }) => value > 1, signal: never });
  await device.publish(topics.state, '', { retain: true });
  await device.publish(topics.state, { value: 2 });
  t.deepEqual(await later, { value: 2 });

  const sent = await operator.create('j', { kind: 'ping' });
  t.is(sent.topic, 'detptq/v1/default/box/jobs/j/cmd');
  t.deepEqual(await device.next(sent.topic), { action: 'create', kind: 'ping' });

  const heard: unknown[] = [];
  const forget = operator.listen(topics.state, (payload) => heard.push(payload));
  forget();
  await device.publish(topics.state, { value: 3 });
  await operator.next(topics.state, { schema, fits: ({ value }) => value === 3, signal: never });
  t.deepEqual(heard, [{ value: 1 }, { value: 2 }]);

  const abort = new AbortController();
  const waiting = operator.next(topics.info, { schema, signal: abort.signal });
  abort.abort(new Error('enough'));
  await t.throwsAsync(waiting, { message: 'enough' });

  await device.publish(topics.info, { other: true });
  await t.throwsAsync(operator.next(topics.info, { schema, signal: never }), { instanceOf: z.ZodError });
});
