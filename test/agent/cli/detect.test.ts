import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { document, printedError, runCli } from '../../helpers/cli.js';
import { jpeg } from '../../helpers/frameFolders.js';
import { sharedFolder, sharedModels } from '../../helpers/paths.js';
import { sharedTest } from '../../helpers/requires.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

interface ImageDocument {
  readonly image: string;
  readonly detections: { label: string; classId: number; score: number; box: number[] }[];
  readonly timingMs: Readonly<Record<string, number>>;
}

test('detect answers one entry per image, in the order given, with nothing but JSON on stdout', async (t) => {
  const { manifest } = await tinyDetector();
  const cwd = tempFolder();
  await writeFile(join(cwd, 'b.jpg'), await jpeg(200));
  await writeFile(join(cwd, 'a.jpg'), await jpeg(90));
  const result = await runCli(['detect', manifest, 'b.jpg', 'a.jpg', '--json'], { cwd });
  t.is(result.status, 0);
  const images = document<ImageDocument[]>(result);
  t.deepEqual(
    images.map(({ image }) => image),
    ['b.jpg', 'a.jpg'],
  );
  for (const { detections, timingMs } of images) {
    t.deepEqual(Object.keys(timingMs), ['decode', 'preprocess', 'infer', 'postprocess']);
    t.true(detections.length > 0);
    for (const { label, classId, box } of detections) {
      t.is(label, classId === 0 ? 'cat' : 'dog');
      t.is(box.length, 4);
    }
  }
});

test('detect takes a model folder and a name in the store alike', async (t) => {
  const { folder } = await tinyDetector();
  const cwd = tempFolder();
  const env = { DETPTQ_STATE_DIR: tempFolder() };
  await writeFile(join(cwd, 'a.jpg'), await jpeg(90));
  await runCli(['models', 'add', folder], { env });
  const detections = async (model: string) => {
    const result = await runCli(['detect', model, 'a.jpg', '--json'], { cwd, env });
    return document<ImageDocument[]>(result)[0]!.detections;
  };
  t.deepEqual(await detections(folder), await detections('tiny'));
});

test('--score-threshold leaves weaker detections out', async (t) => {
  const { manifest } = await tinyDetector();
  const cwd = tempFolder();
  await writeFile(join(cwd, 'a.jpg'), await jpeg(90));
  const scores = async (threshold: string) => {
    const result = await runCli(['detect', manifest, 'a.jpg', '--json', '--score-threshold', threshold], {
      cwd,
    });
    return document<ImageDocument[]>(result)[0]!.detections.map(({ score }) => score);
  };
  const all = await scores('0');
  const middle = all[Math.floor(all.length / 2)]!;
  const strong = await scores(String(middle));
  t.deepEqual(
    strong,
    all.filter((score) => score >= middle),
  );
  t.true(strong.length < all.length);
});

test('--annotate writes one picture per image, of its size, with boxes drawn', async (t) => {
  const { manifest } = await tinyDetector();
  const cwd = tempFolder();
  for (const folder of ['left', 'right']) {
    await mkdir(join(cwd, folder));
    await writeFile(join(cwd, folder, 'a.jpg'), await jpeg(90));
  }
  const images = ['left/a.jpg', 'right/a.jpg'];
  const result = await runCli(
    ['detect', manifest, ...images, '--annotate', 'out/deep', '--score-threshold', '0.01'],
    { cwd },
  );
  t.is(result.status, 0);
  t.deepEqual(await readdir(join(cwd, 'out/deep')), ['a-2.jpg', 'a.jpg']);
  const drawn = await sharp(join(cwd, 'out/deep/a.jpg')).raw().toBuffer({ resolveWithObject: true });
  t.is(drawn.info.width, 64);
  t.is(drawn.info.height, 64);
  // The picture is grey; only boxes and labels bring colour.
  const coloured = drawn.data.filter(
    (_, at) => at % 3 === 0 && Math.abs(drawn.data[at]! - drawn.data[at + 2]!) > 60,
  );
  t.true(coloured.length > 50);
});

test('a broken image is an error that names it', async (t) => {
  const { manifest } = await tinyDetector();
  const cwd = tempFolder();
  const whole = await jpeg(90);
  await writeFile(join(cwd, 'broken.jpg'), whole.subarray(0, 200));
  await writeFile(join(cwd, 'text.jpg'), 'no picture');
  for (const image of ['broken.jpg', 'text.jpg', 'absent.jpg']) {
    const result = await runCli(['detect', manifest, image, '--json'], { cwd });
    const { code, message } = printedError(result);
    t.is(result.status, 1);
    t.true(message.includes(image), message);
    t.regex(code, /^(image_undecodable|image_type_unsupported|file_not_found)$/);
  }
});

test('several images report progress on stderr, and --quiet silences it', async (t) => {
  const { manifest } = await tinyDetector();
  const cwd = tempFolder();
  await writeFile(join(cwd, 'a.jpg'), await jpeg(90));
  const loud = await runCli(['detect', manifest, 'a.jpg', 'a.jpg'], { cwd });
  t.regex(loud.stderr, /detect 2\/2/);
  const quiet = await runCli(['detect', manifest, 'a.jpg', 'a.jpg', '--quiet'], { cwd });
  t.is(quiet.stderr, '');
  t.regex(quiet.stdout, /a\.jpg/);
});

sharedTest('detect finds a cat on a laptop with NanoDet-Plus', async (t) => {
  const image = `${sharedFolder}data/coco-calib/images/000000001675.jpg`;
  const result = await runCli(['detect', sharedModels[0]!.manifest, image, '--json']);
  const [found] = document<ImageDocument[]>(result);
  t.deepEqual(
    found!.detections.slice(0, 2).map(({ label }) => label),
    ['cat', 'laptop'],
  );
});
