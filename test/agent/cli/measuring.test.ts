import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readVerdict } from '../../../agent/engines/engineVerdict.js';
import { rankEngines } from '../../../agent/engines/rankEngines.js';
import { threadCandidates } from '../../../agent/engines/threadTimes.js';
import { document, printedError, runCli } from '../../helpers/cli.js';
import { folderOf, jpeg } from '../../helpers/frameFolders.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

interface BenchRow {
  readonly model: string;
  readonly engine: string;
  readonly threads: number;
  readonly ms: { readonly min: number; readonly p50: number; readonly p95: number };
  readonly ratioToFirst: number;
}

test('bench answers every model with every number of threads in the order given', async (t) => {
  const [first, second] = [await tinyDetector({ name: 'one' }), await tinyDetector({ name: 'two', seed: 2 })];
  const models = [second.manifest, first.manifest];
  const result = await runCli(['bench', ...models, '--threads', '2,1', '--runs', '5', '--json']);
  const rows = document<BenchRow[]>(result);
  t.deepEqual(
    rows.map(({ model, threads }) => [model, threads]),
    models.flatMap((model) => [2, 1].map((threads) => [model, threads])),
  );
  for (const { engine, ms, ratioToFirst } of rows) {
    t.is(engine, 'onnxruntime');
    t.true(0 < ms.min && ms.min <= ms.p50 && ms.p50 <= ms.p95);
    t.is(ratioToFirst, ms.p50 / rows[0]!.ms.p50);
  }
});

test('a model agrees with itself wholly, and less with another one', async (t) => {
  const { manifest } = await tinyDetector();
  const other = await tinyDetector({ seed: 5 });
  const images = await folderOf({
    'a.jpg': await jpeg(90),
    'b.jpg': await jpeg(200),
    'notes.txt': 'no image',
  });
  const compare = (reference: string) =>
    runCli(['agreement', manifest, '--reference', reference, '--images', images, '--json']);
  const same = document<Record<string, number>>(await compare(manifest));
  t.like(same, { agreementMap: 1, f1: 1, lost: 0, ghosts: 0, meanIou: 1, scoreShift: 0, n: 2 });
  const different = document<Record<string, number>>(await compare(other.manifest));
  t.true(different.f1! < 1);
});

test('agreement refuses models with different classes', async (t) => {
  const { manifest } = await tinyDetector();
  const other = await tinyDetector({ labels: ['person'] });
  const images = await folderOf({ 'a.jpg': await jpeg(90) });
  const args = ['agreement', manifest, '--reference', other.manifest, '--images', images, '--json'];
  const result = await runCli(args);
  t.is(result.status, 2);
  t.regex(printedError(result).message, /1 in the reference and 2 in the model/);
});

test('evaluate answers the COCO figures, the latency and what was measured', async (t) => {
  const { manifest } = await tinyDetector();
  const images = await folderOf({ 'a.jpg': await jpeg(90), 'b.jpg': await jpeg(200) });
  const found = await runCli(['detect', manifest, join(images, 'a.jpg'), '--json']);
  const best =
    document<{ detections: { classId: number; box: [number, number, number, number] }[] }[]>(found)[0]!
      .detections[0]!;
  const [x1, y1, x2, y2] = best.box;
  const annotations = join(tempFolder(), 'truth.json');
  const box = { image_id: 1, category_id: best.classId + 1, bbox: [x1, y1, x2 - x1, y2 - y1], iscrowd: 0 };
  await writeFile(
    annotations,
    JSON.stringify({
      images: ['a.jpg', 'b.jpg'].map((file_name, index) => ({ id: index + 1, file_name })),
      categories: ['cat', 'dog'].map((name, index) => ({ id: index + 1, name })),
      annotations: [{ ...box, id: 1, area: (x2 - x1) * (y2 - y1) }],
    }),
  );
  const args = [
    'evaluate',
    manifest,
    '--images',
    images,
    '--annotations',
    annotations,
    '--limit',
    '1',
    '--json',
  ];
  const result = document<Record<string, unknown>>(await runCli(args));
  t.like(result, { model: 'tiny', engine: 'onnxruntime', precision: 'float32', n: 1 });
  // The best detection is the only truth: every threshold is met at once.
  t.true(Math.abs((result.AP as number) - 1) < 1e-9);
  for (const name of ['AP50', 'AP75', 'APs', 'APm', 'APl', 'AR1', 'AR100'])
    t.is(typeof result[name], 'number');
  t.deepEqual(Object.keys(result.ms as object), ['p50', 'p95']);
});

test('evaluate refuses an annotation file that is none', async (t) => {
  const { manifest } = await tinyDetector();
  const folder = tempFolder();
  await mkdir(join(folder, 'images'));
  await writeFile(join(folder, 'truth.json'), '{"images": 3}');
  const result = await runCli(
    ['evaluate', manifest, '--images', 'images', '--annotations', 'truth.json', '--json'],
    {
      cwd: folder,
    },
  );
  t.is(result.status, 1);
  t.is(printedError(result).code, 'annotations_invalid');
});

test('doctor lists the engines with what they do in int8 and how fast they are, and keeps that', async (t) => {
  const state = tempFolder();
  const { manifest } = await tinyDetector();
  const env = {
    DETPTQ_MODEL__PATH: manifest,
    DETPTQ_STATE_DIR: state,
    DETPTQ_MQTT__EMBEDDED_PORT: '0',
    DETPTQ_CAMERA__SOURCE: '/nowhere/camera',
  };
  const result = await runCli(['doctor', '--json'], { env });
  t.is(result.status, 0);
  const diagnosis = document<{
    cpu: { cores: number };
    memory: { totalBytes: number; availableBytes: number };
    disk: { freeBytes: number };
    engines: { name: string; available: boolean; int8: string; gflops: { float: number; int8: number }[] }[];
    detector: { name: string };
    auto: Record<'float' | 'quantized' | 'search', { engine: string; ms: number; threads: number }[]>;
    broker: { ok: boolean };
    camera: { ok: boolean };
    config: { error: unknown };
  }>(result);
  t.true(diagnosis.cpu.cores >= 1);
  t.true(diagnosis.memory.totalBytes >= diagnosis.memory.availableBytes);
  t.true(diagnosis.disk.freeBytes > 0);
  t.like(diagnosis.engines, [{ name: 'onnxruntime', available: true, int8: 'executed' }]);
  for (const { float, int8 } of diagnosis.engines[0]!.gflops) t.true(float > 0 && int8 > 0);
  t.is(diagnosis.detector.name, 'tiny');
  const verdict = await readVerdict(join(state, 'engines.json'));
  t.is(verdict?.detector.name, 'tiny');
  for (const purpose of ['float', 'quantized', 'search'] as const) {
    const names = diagnosis.auto[purpose].map(({ engine }) => engine);
    t.true(names.includes('onnxruntime'));
    const kept = rankEngines(verdict?.trials ?? [], purpose, 'auto').map(({ trial }) => trial.engine);
    t.deepEqual(names, kept);
  }
  const measured = verdict?.trials.find(({ engine }) => engine === 'onnxruntime')?.float;
  t.deepEqual(
    measured?.map(({ threads }) => threads),
    threadCandidates(diagnosis.cpu.cores),
  );
  t.like(diagnosis, { broker: { ok: true }, camera: { ok: false }, config: { error: null } });
});

test('doctor reports a broken configuration instead of failing', async (t) => {
  const result = await runCli(['doctor', '--json'], { env: { DETPTQ_HTTP__PORT: 'eighty' } });
  t.is(result.status, 0);
  t.like(document(result), { camera: null, config: { error: { code: 'config_invalid' } } });
});
