import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import test from 'ava';
import type { DetectAnswer } from '../../../agent/http/detectAnswer.js';
import { FakeModel } from '../../helpers/fakeModel.js';
import { Gate } from '../../helpers/gate.js';
import { codeOf, startHttpAgent } from '../../helpers/httpAgent.js';
import type { Answer } from '../../helpers/httpClient.js';
import { hundredMegapixelJpeg, jpeg } from '../../helpers/pictures.js';

const picture = await jpeg(80, 40);
const model = () =>
  new FakeModel('fake', {
    labels: ['cat', 'dog'],
    detections: [
      { classId: 1, score: 0.75, box: [2, 2, 6, 6] },
      { classId: 0, score: 0.25, box: [0, 0, 2, 2] },
    ],
  });

function detected({ body }: Answer): DetectAnswer {
  return JSON.parse(body) as DetectAnswer;
}

function multipart(parts: Record<string, string | Uint8Array>) {
  const form = new FormData();
  for (const [name, part] of Object.entries(parts)) {
    if (typeof part === 'string') form.set(name, part);
    else form.set(name, new Blob([Buffer.from(part)], { type: 'image/jpeg' }), 'picture.jpg');
  }
  const request = new Request('http://localhost', { method: 'POST', body: form });
  return request
    .arrayBuffer()
    .then((body) => ({ body: Buffer.from(body), type: request.headers.get('content-type')! }));
}

test('a raw JPEG is answered with detections, the one model that made them and the time of each stage', async (t) => {
  const { detect } = await startHttpAgent(t, { model: model() });
  const answer = await detect(picture);
  t.is(answer.status, 200);
  t.is(answer.headers['x-model-digest'], 'digest-fake');
  const { detections, model: served, timingMs } = detected(answer);
  t.deepEqual(detections, [
    { label: 'dog', classId: 1, score: 0.75, box: [20, 10, 60, 30], boxNormalized: [0.25, 0.25, 0.75, 0.75] },
    { label: 'cat', classId: 0, score: 0.25, box: [0, 0, 20, 10], boxNormalized: [0, 0, 0.25, 0.25] },
  ]);
  t.deepEqual(served, {
    name: 'fake',
    version: '1',
    digest: 'digest-fake',
    precision: 'float32',
    engine: 'fake',
  });
  t.deepEqual(Object.keys(timingMs), ['decode', 'preprocess', 'queue', 'infer', 'postprocess', 'total']);
  const { total, ...stages } = timingMs;
  for (const stageMs of Object.values(stages)) t.true(stageMs >= 0 && stageMs <= total);
});

test('multipart, JSON and untyped bytes are answered like a raw JPEG', async (t) => {
  const { detect } = await startHttpAgent(t, { model: model() });
  const { body, type } = await multipart({ image: picture });
  const answers = [
    await detect(picture),
    await detect(picture, { 'Content-Type': 'application/octet-stream' }),
    await detect(body, { 'Content-Type': type }),
    await detect(JSON.stringify({ image: picture.toString('base64') }), {
      'Content-Type': 'application/json; charset=utf-8',
    }),
  ];
  for (const answer of answers) t.deepEqual(detected(answer).detections, detected(answers[0]!).detections);
});

test('the score threshold comes from the query, a form field or a JSON member', async (t) => {
  const { detect } = await startHttpAgent(t, { model: model() });
  const form = await multipart({ image: picture, min_confidence: '0.5' });
  const json = JSON.stringify({ image: picture.toString('base64'), scoreThreshold: 0.5 });
  const answers = [
    await detect(picture, {}, '?scoreThreshold=0.5'),
    await detect(picture, {}, '?min_confidence=.5'),
    await detect(form.body, { 'Content-Type': form.type }),
    await detect(json, { 'Content-Type': 'application/json' }),
  ];
  for (const answer of answers)
    t.deepEqual(
      detected(answer).detections.map(({ label }) => label),
      ['dog'],
    );
});

const refusals: Record<
  string,
  {
    body: string | Uint8Array;
    headers?: Record<string, string>;
    query?: string;
    status: number;
    code: string;
  }
> = {
  'a text body': {
    body: 'hello',
    headers: { 'Content-Type': 'text/plain' },
    status: 415,
    code: 'image_type_unsupported',
  },
  'a body without a type': {
    body: picture,
    headers: { 'Content-Type': '' },
    status: 415,
    code: 'image_type_unsupported',
  },
  'a compressed body': {
    body: picture,
    headers: { 'Content-Encoding': 'gzip' },
    status: 415,
    code: 'image_type_unsupported',
  },
  'a GIF that claims to be a JPEG': {
    body: 'GIF89a\u0001\u0000\u0001\u0000',
    status: 415,
    code: 'image_type_unsupported',
  },
  'text that claims to be a JPEG': { body: 'hello', status: 422, code: 'image_undecodable' },
  'a JPEG cut short': { body: picture.subarray(0, 280), status: 422, code: 'image_undecodable' },
  'an empty body': { body: '', status: 400, code: 'bad_request' },
  'a threshold beyond 1': { body: picture, query: '?scoreThreshold=2', status: 400, code: 'bad_request' },
  'a threshold that is no number': {
    body: picture,
    query: '?min_confidence=high',
    status: 400,
    code: 'bad_request',
  },
  'an unknown parameter': { body: picture, query: '?score=0.5', status: 400, code: 'bad_request' },
  'a deadline that is no number': {
    body: picture,
    headers: { 'X-Request-Timeout-Ms': 'soon' },
    status: 400,
    code: 'bad_request',
  },
  'a body that is not JSON': {
    body: '{"image":',
    headers: { 'Content-Type': 'application/json' },
    status: 400,
    code: 'bad_request',
  },
  'an image that is not base64': {
    body: '{"image": "#"}',
    headers: { 'Content-Type': 'application/json' },
    status: 400,
    code: 'bad_request',
  },
  'a form without a boundary': {
    body: 'x',
    headers: { 'Content-Type': 'multipart/form-data' },
    status: 400,
    code: 'bad_request',
  },
  'a form cut short': {
    body: '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\nabc',
    headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
    status: 400,
    code: 'bad_request',
  },
  'a form without an image': {
    body: '--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nabc\r\n--b--\r\n',
    headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
    status: 400,
    code: 'bad_request',
  },
};
for (const [what, { body, headers, query, status, code }] of Object.entries(refusals)) {
  test(`${what} is refused with ${status} and ${code}, and the next request is served`, async (t) => {
    const { detect, defects } = await startHttpAgent(t, { model: model() });
    const answer = await detect(body, headers, query);
    t.is(answer.status, status);
    t.is(codeOf(answer), code);
    t.notRegex(answer.body, /\bat .*:\d+:\d+/);
    t.is((await detect(picture)).status, 200);
    t.deepEqual(defects, []);
  });
}

test('a body that is announced too long is refused by its length, and the connection lives on', async (t) => {
  const { detect } = await startHttpAgent(t, { model: model() });
  const answer = await detect(randomBytes(1_000_001));
  t.is(answer.status, 413);
  t.is(codeOf(answer), 'body_too_large');
  t.not(answer.headers.connection, 'close');
});

test('a body that turns out too long is refused although its length was not announced', async (t) => {
  const { detect } = await startHttpAgent(t, { model: model() });
  const answer = await detect(randomBytes(3_000_000), { 'Transfer-Encoding': 'chunked' });
  t.is(answer.status, 413);
  t.is(codeOf(answer), 'body_too_large');
});

test('a JPEG of 100 megapixels is refused by its header, without being decoded', async (t) => {
  const fake = model();
  const { detect } = await startHttpAgent(t, { model: fake });
  // Its pixels are missing: decoding it would be answered with image_undecodable.
  const answer = await detect(await hundredMegapixelJpeg());
  t.is(answer.status, 413);
  t.is(codeOf(answer), 'image_too_large');
  t.is(fake.runs, 0);
});

test('without a model the answer is 503', async (t) => {
  const { detect } = await startHttpAgent(t);
  const answer = await detect(picture);
  t.is(answer.status, 503);
  t.is(codeOf(answer), 'no_model');
  t.truthy(answer.headers['retry-after']);
});

test('a full queue answers 503 and when to come again, and whoever waits is served', async (t) => {
  const gate = new Gate();
  const { detect, queue } = await startHttpAgent(t, {
    model: new FakeModel('fake', { onRun: gate.pass }),
    queue: { concurrency: 1, maxWaiting: 1 },
  });
  const first = detect(picture);
  await gate.reached;
  const second = detect(picture);
  while (queue.waiting === 0) await new Promise(setImmediate);
  const third = await detect(picture);
  t.is(third.status, 503);
  t.is(codeOf(third), 'queue_full');
  t.regex(third.headers['retry-after']!, /^[1-9]\d*$/);
  gate.open();
  t.deepEqual([(await first).status, (await second).status], [200, 200]);
});

test('a request whose own deadline passes in the queue is answered 503', async (t) => {
  const gate = new Gate();
  const { detect } = await startHttpAgent(t, {
    model: new FakeModel('fake', { onRun: gate.pass }),
    queue: { concurrency: 1, maxWaiting: 1 },
  });
  const first = detect(picture);
  await gate.reached;
  const late = await detect(picture, { 'X-Request-Timeout-Ms': '5' });
  t.is(late.status, 503);
  t.is(codeOf(late), 'deadline_exceeded');
  t.truthy(late.headers['retry-after']);
  gate.open();
  t.is((await first).status, 200);
});

test('the queued work of a client that hangs up is dropped', async (t) => {
  const gate = new Gate();
  const fake = new FakeModel('fake', { onRun: gate.pass });
  const { detect, queue, server, get } = await startHttpAgent(t, {
    model: fake,
    queue: { concurrency: 1, maxWaiting: 1 },
  });
  const first = detect(picture);
  await gate.reached;
  const impatient = httpRequest(`${server.url}/v1/detect`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg' },
  });
  impatient.on('error', () => undefined);
  impatient.end(picture);
  while (queue.waiting === 0) await new Promise(setImmediate);
  impatient.destroy();
  while (queue.waiting > 0) await new Promise(setImmediate);
  gate.open();
  t.is((await first).status, 200);
  t.is(fake.runs, 1);
  t.regex((await get('/metrics')).body, /detptq_requests_total\{route="\/v1\/detect",code="499"\} 1/);
});

test('an error that nobody foresaw is answered by its code alone and told to the observer', async (t) => {
  const broken = new FakeModel('fake', { onRun: () => Promise.reject(new Error('/secret/path broke')) });
  const { detect, defects } = await startHttpAgent(t, { model: broken });
  const answer = await detect(picture);
  t.is(answer.status, 500);
  t.is(codeOf(answer), 'internal');
  t.notRegex(answer.body, /secret/);
  t.is(defects.length, 1);
  t.is((defects[0]!.cause as Error).message, '/secret/path broke');
});
