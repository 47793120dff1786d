import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { document, printedError, runCli } from '../../helpers/cli.js';
import { yolov3Export, yolov8Export, yoloxExport } from '../../helpers/exports.js';
import { onnxFile, openShapes } from '../../helpers/onnxFiles.js';
import { jpeg } from '../../helpers/pictures.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

const emptyState = async () => ({ DETPTQ_STATE_DIR: tempFolder() });

test('weights alone are recognised, stored and ready to detect', async (t) => {
  const env = await emptyState();
  const file = await onnxFile(yoloxExport({ gain: 0.01 }), 'Yolo Nano.onnx');
  const people = await runCli(['models', 'add', file], { env });
  t.is(people.status, 0, people.stderr);
  t.regex(people.stdout, /^YOLOX: output is \[1, 126, 85\]/);
  t.regex(
    people.stdout,
    /input\.color=BGR\n {2}input\.mean=\[0,0,0\]\n {2}input\.std=\[1,1,1\]\n {6}the first filters/,
  );
  t.regex(people.stdout, /try it: detptq detect yolo-nano IMAGE/);
  const image = join(tempFolder(), 'photo.jpg');
  await writeFile(image, await jpeg(60, 40));
  const detected = await runCli(['detect', 'yolo-nano', image, '--json'], { env });
  t.like(document<unknown[]>(detected), [{ image }]);
});

test('--try writes the picture to the working folder and prints what is in it', async (t) => {
  const env = await emptyState();
  const file = await onnxFile(yolov8Export());
  const folder = tempFolder();
  const image = join(folder, 'photo.jpg');
  await writeFile(image, await jpeg(60, 40));
  const cwd = tempFolder();
  const result = await runCli(['models', 'add', file, '--try', image, '--json'], { env, cwd });
  t.like(document(result), {
    name: 'download',
    head: 'yolov8',
    classes: 3,
    recognized: { family: 'Ultralytics YOLOv8n', guesses: [], changes: [] },
    tried: { image, annotated: 'photo-download.jpg' },
  });
  t.deepEqual(await readdir(cwd), ['photo-download.jpg']);
  t.deepEqual(await readdir(folder), ['photo.jpg']);
});

test('--try with a file that is no picture stores nothing', async (t) => {
  const env = await emptyState();
  const file = await onnxFile(yolov8Export());
  const result = await runCli(['models', 'add', file, '--try', file, '--json'], { env });
  t.is(result.status, 1);
  t.is(printedError(result).code, 'image_undecodable');
  t.deepEqual(document(await runCli(['models', 'list', '--json'], { env })), []);
});

test('--set, --labels and --input-size give what the file leaves open', async (t) => {
  const env = await emptyState();
  const file = await onnxFile(openShapes(yolov3Export({ classes: 2 })));
  const labels = join(tempFolder(), 'names.txt');
  await writeFile(labels, 'cat\ndog\n\n');
  const anchors = '[[[10,20],[30,40],[50,60]],[[1,2],[3,4],[5,6]]]';
  const options = ['--set', `head.anchors=${anchors}`, '--set', 'name=pets', '--labels', labels];
  const result = await runCli(['models', 'add', file, ...options, '--input-size', '64x96', '--json'], {
    env,
  });
  t.like(document(result), { name: 'pets', head: 'yolov3', classes: 2, inputSize: [64, 96] });
  const shown = document(await runCli(['models', 'show', 'pets', '--json'], { env }));
  t.like(shown, { manifest: { labels: ['cat', 'dog'] } });
});

test('--set goes over a manifest that is given', async (t) => {
  const env = await emptyState();
  const { manifest, weights } = await tinyDetector();
  const result = await runCli(
    ['models', 'add', weights, '--manifest', manifest, '--set', 'input.color=BGR', '--json'],
    { env },
  );
  t.is(result.status, 0, result.stdout);
  const shown = document(await runCli(['models', 'show', 'tiny', '--json'], { env }));
  t.like(shown, { manifest: { input: { color: 'BGR' } } });
});

test('what is missing is an error with the line that mends it', async (t) => {
  const file = await onnxFile(yolov3Export());
  const { status, stderr } = await runCli(['models', 'add', file]);
  t.is(status, 1);
  t.regex(stderr, /code: +manifest_incomplete/);
  t.regex(stderr, /mend: +detptq models add .* --set 'head\.anchors=/);
});

test('a file of labels with an empty line is wrong usage', async (t) => {
  const file = await onnxFile(yoloxExport());
  const labels = join(tempFolder(), 'names.txt');
  await writeFile(labels, 'cat\n\ndog\n');
  const result = await runCli(['models', 'add', file, '--labels', labels, '--json']);
  t.is(printedError(result).code, 'usage');
  t.regex(printedError(result).message, /none on line 2/);
});

test('a file that is no ONNX model is refused', async (t) => {
  const folder = tempFolder();
  const file = join(folder, 'model.onnx');
  await writeFile(file, 'PK not a model');
  t.is(printedError(await runCli(['models', 'add', file, '--json'])).code, 'onnx_malformed');
  t.is(
    printedError(await runCli(['models', 'add', join(folder, 'none.onnx'), '--json'])).code,
    'file_not_found',
  );
});
