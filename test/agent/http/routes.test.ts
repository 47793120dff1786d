import test from 'ava';
import { AgentError } from '../../../runtime/errors.js';
import { FakeModel } from '../../helpers/fakeModel.js';
import { codeOf, startHttpAgent } from '../../helpers/httpAgent.js';
import { send } from '../../helpers/httpClient.js';
import { jpeg } from '../../helpers/pictures.js';

test('/healthz answers as long as the process lives, ready or not', async (t) => {
  const { get } = await startHttpAgent(t, { readiness: () => new AgentError('no_model', 'none') });
  const { status, body } = await get('/healthz');
  t.is(status, 200);
  t.is(JSON.parse(body).status, 'ok');
});

test('/readyz names the model in service, or answers 503 with the reason', async (t) => {
  let reason: AgentError | null = new AgentError('swap_check_failed', 'outputs differ');
  const { get } = await startHttpAgent(t, { model: new FakeModel('fake'), readiness: () => reason });
  const unready = await get('/readyz');
  t.is(unready.status, 503);
  t.is(codeOf(unready), 'swap_check_failed');
  t.truthy(unready.headers['retry-after']);
  reason = null;
  const ready = await get('/readyz');
  t.is(ready.status, 200);
  t.is(JSON.parse(ready.body).model.digest, 'digest-fake');
});

test('/v1/models lists what is on disk and what serves', async (t) => {
  const listed = { name: 'fake', version: '1', digest: 'd', precision: 'int8', active: true } as const;
  const { get } = await startHttpAgent(t, { model: new FakeModel('fake'), models: async () => [listed] });
  const { status, body } = await get('/v1/models');
  t.is(status, 200);
  t.deepEqual(JSON.parse(body).models, [listed]);
  t.is(JSON.parse(body).serving.name, 'fake');
});

test('/v1/stats adds the model and the queue to the figures of the agent', async (t) => {
  const { get } = await startHttpAgent(t, { stats: () => ({ frames: 3 }) });
  const { body } = await get('/v1/stats');
  t.deepEqual(JSON.parse(body), { frames: 3, model: null, queue: { waiting: 0, running: 0 } });
});

test('/metrics counts requests, refusals and stages with the model as a label', async (t) => {
  const { get, detect } = await startHttpAgent(t, { model: new FakeModel('fake') });
  await detect(await jpeg(8, 8));
  await detect('hello');
  await get('/made/up/by/a/client');
  const { headers, body } = await get('/metrics');
  t.regex(headers['content-type']!, /^text\/plain; version=0\.0\.4/);
  const lines = [
    'detptq_requests_total{route="/v1/detect",code="200"} 1',
    'detptq_requests_total{route="/v1/detect",code="422"} 1',
    'detptq_requests_total{route="none",code="404"} 1',
    'detptq_requests_rejected_total{reason="image_undecodable"} 1',
    'detptq_queue_depth 0',
    'detptq_model_info{name="fake",version="1",digest="digest-fake",precision="float32",engine="fake"} 1',
    ...['queue', 'decode', 'preprocess', 'infer', 'postprocess'].map(
      (stage) => `detptq_${stage}_duration_seconds_count{model="fake",precision="float32"} 1`,
    ),
  ];
  for (const line of lines) t.true(body.split('\n').includes(line), line);
});

test('an unknown route or a malformed path is answered 404, a wrong method 405 with the right one', async (t) => {
  const { get, server } = await startHttpAgent(t);
  const unknown = await get('/v1/nothing');
  t.deepEqual([unknown.status, codeOf(unknown)], [404, 'not_found']);
  const wrong = await get('/v1/detect');
  t.deepEqual([wrong.status, codeOf(wrong), wrong.headers.allow], [405, 'method_not_allowed', 'POST']);
  const posted = await send(`${server.url}/healthz`, { method: 'POST', body: 'x' });
  t.deepEqual([posted.status, posted.headers.allow], [405, 'GET, HEAD']);
  const malformed = await get('/%ff');
  t.is(malformed.status, 404);
});
