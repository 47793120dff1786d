import test from 'ava';
import { importOnnx } from '../../../../agent/models/onnxImport/onnxImport.js';
import { withoutSelection } from '../../../../agent/models/onnxImport/withoutSelection.js';
import { readGroundTruth } from '../../../../calibrate/evaluate/groundTruthFile.js';
import { evaluateDetector } from '../../../../calibrate/evaluate/runEvaluation.js';
import { loadDetector } from '../../../../runtime/detector/detector.js';
import { parseManifest } from '../../../../runtime/detector/manifest.js';
import { readModelFiles } from '../../../../runtime/detector/modelFiles.js';
import { onnxruntimeEngine } from '../../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../../runtime/graph/onnxCodec.js';
import { inferShapes } from '../../../../runtime/graph/passes/inferShapes.js';
import {
  endToEndExport,
  exportSize,
  ultralyticsMetadata,
  yolov3Export,
  yolov5Export,
  yolov6Export,
  yolov8Export,
  yoloxExport,
} from '../../../helpers/exports.js';
import { inFloat16, openShapes } from '../../../helpers/onnxFiles.js';
import { sharedFolder, sharedModels } from '../../../helpers/paths.js';
import { jpeg } from '../../../helpers/pictures.js';
import { sharedTest } from '../../../helpers/requires.js';

interface Options {
  readonly settings?: Readonly<Record<string, string>>;
  readonly inputSize?: { readonly height: number; readonly width: number };
}

const importBytes = (bytes: Uint8Array, { settings = {}, inputSize }: Options = {}) =>
  importOnnx({
    bytes,
    path: '/somewhere/My Model (1).onnx',
    settings: new Map(Object.entries(settings)),
    inputSize,
    engine: onnxruntimeEngine,
  });
const importGraph = (graph: Graph, options?: Options) => importBytes(encodeOnnx(graph), options);

for (const [family, graph] of [
  ['YOLOv8', yolov8Export()],
  ['YOLOv5', yolov5Export({ metadata: ultralyticsMetadata(3) })],
  ['YOLOX', yoloxExport()],
  ['YOLOv6', yolov6Export()],
  ['an end-to-end export', endToEndExport()],
] as const) {
  test(`${family} is ready to detect, its file unchanged`, async (t) => {
    const bytes = encodeOnnx(graph);
    const { detector, modelBytes, manifestText, changes } = await importBytes(bytes);
    t.deepEqual(modelBytes, bytes);
    t.deepEqual(changes, []);
    const manifest = parseManifest(manifestText, 'made');
    t.is(manifest.name, 'my-model-1-');
    t.is(manifest.model.file, 'my-model-1-.onnx');
    t.is(manifest.model.sizeBytes, bytes.byteLength);
    const { width, height } = await detector.detect(await jpeg(50, 40));
    t.deepEqual([width, height], [50, 40]);
    await detector.dispose();
  });
}

test('an Ultralytics export is cut before its selection, and finds what that leaves', async (t) => {
  const graph = endToEndExport({ metadata: ultralyticsMetadata(3, { end2end: 'True' }) });
  const cut = await importGraph(graph);
  t.regex(cut.changes.join(), /selection .* was cut off/);
  t.like(cut.recognition.draft, {
    head: { type: 'yolov8', boxFormat: 'xyxy', outputs: { packed: 'decoded' } },
    postprocess: { iouThreshold: 1 },
  });
  t.deepEqual(
    decodeOnnx(cut.modelBytes).outputs.map(({ name }) => name),
    ['decoded'],
  );
  const whole = await importGraph(graph, { settings: { 'head.type': '"detections"' } });
  t.deepEqual(whole.changes, []);
  const picture = await jpeg(50, 40);
  const found = (await cut.detector.detect(picture)).detections;
  const selected = (await whole.detector.detect(picture)).detections;
  t.true(selected.length > 0);
  for (const { box, score } of selected) {
    const alike = found.filter((other) => Math.abs(other.score - score) < 1e-5);
    t.true(alike.some((other) => box.every((side, i) => Math.abs(side - other.box[i]!) < 1e-3)));
  }
  await cut.detector.dispose();
  await whole.detector.dispose();
});

test('an export without a selection has none to cut off', (t) => {
  t.is(withoutSelection(yolov8Export()), undefined);
});

test('an open size is fixed to the one given, or to the one in the metadata', async (t) => {
  const [height, width] = exportSize;
  for (const { graph, options } of [
    { graph: openShapes(yoloxExport()), options: { inputSize: { height, width } } },
    { graph: openShapes(yolov8Export()), options: {} },
  ]) {
    const { detector, modelBytes, changes } = await importGraph(graph, options);
    t.regex(changes.join(), /images was fixed to \[1, 3, 64, 96\]/);
    t.deepEqual(decodeOnnx(modelBytes).inputs[0]!.dims, [1, 3, 64, 96]);
    t.deepEqual(detector.manifest.input.shape, [1, 3, 64, 96]);
    await detector.dispose();
  }
});

test('an open size that nobody gives is refused with the option that gives it', async (t) => {
  const error = await t.throwsAsync(() => importGraph(openShapes(yoloxExport())), {
    code: 'onnx_unsupported',
  });
  t.regex(JSON.stringify(error), /--input-size/);
});

test('a size other than the fixed one is refused', async (t) => {
  await t.throwsAsync(() => importGraph(yoloxExport(), { inputSize: { height: 32, width: 32 } }), {
    code: 'shape_mismatch',
    message: /--input-size: expected 64x96.*got 32x32/,
  });
});

test('shapes that inference does not know are found out by running the graph', async (t) => {
  const graph = endToEndExport();
  const last = graph.nodes.at(-1)!;
  const unknown = { ...last, opType: 'Hardmax', inputs: ['rows'], attributes: new Map() };
  const open: Graph = {
    ...graph,
    nodes: [...graph.nodes.slice(0, -1), { ...last, name: 'rows', outputs: ['rows'] }, unknown],
    outputs: graph.outputs.map((output) => ({ ...output, dims: [1, 'n', 6] })),
  };
  t.throws(() => inferShapes(open), { code: 'op_unsupported' });
  const { detector, modelBytes } = await importGraph(open);
  t.deepEqual(decodeOnnx(modelBytes).outputs[0]!.dims, [1, 10, 6]);
  await detector.dispose();
});

test('a float16 file becomes float32 and detects what it did', async (t) => {
  const { detector, modelBytes, changes, manifestText } = await importGraph(inFloat16(yolov8Export()));
  t.deepEqual(changes, ['float16 was converted to float32']);
  const stored = decodeOnnx(modelBytes);
  t.true([...stored.initializers.values()].every(({ dtype }) => dtype !== 'float16'));
  t.deepEqual(parseManifest(manifestText, 'made').labels, ['thing 0', 'thing 1', 'thing 2']);
  await detector.dispose();
});

test('settings go over what was recognised, and errors name their key', async (t) => {
  const graph = yoloxExport();
  const { detector } = await importGraph(graph, { settings: { 'input.color': 'RGB', name: 'mine' } });
  t.like(detector.manifest, { name: 'mine', input: { color: 'RGB' }, model: { file: 'mine.onnx' } });
  await detector.dispose();
  await t.throwsAsync(() => importGraph(graph, { settings: { 'input.colour': 'RGB' } }), {
    code: 'manifest_invalid',
    message: /key input:.*"colour"/,
  });
  await t.throwsAsync(() => importGraph(graph, { settings: { labels: '["one"]' } }), {
    code: 'manifest_model_mismatch',
    message: /head\.outputs\.packed/,
  });
});

test('what the file cannot tell is asked for with the line that gives it', async (t) => {
  const graph = yolov3Export();
  const error = await t.throwsAsync(() => importGraph(graph), {
    code: 'manifest_incomplete',
    message: /cannot be run without head\.anchors/,
  });
  t.regex(JSON.stringify(error), /detptq models add .*--set 'head\.anchors=/);
  const anchors = '[[[10,20],[30,40],[50,60]],[[1,2],[3,4],[5,6]]]';
  const { detector } = await importGraph(graph, { settings: { 'head.anchors': anchors } });
  t.is(detector.head.numLocations, 3 * (6 + 24));
  await detector.dispose();
});

test('weights that are not finite are refused', async (t) => {
  const graph = yoloxExport();
  const [name, tensor] = [...graph.initializers].find(([, { dtype }]) => dtype === 'float32')!;
  const data = (tensor.data as Float32Array).slice();
  data[3] = Number.NaN;
  const broken = { ...graph, initializers: new Map([...graph.initializers, [name, { ...tensor, data }]]) };
  await t.throwsAsync(() => importGraph(broken), { code: 'weights_not_finite' });
});

/** What the shared files cannot tell, and the threshold at which their own manifests cut. */
function unknowable(manifest: { readonly head: object; readonly labels: unknown }): Record<string, string> {
  const { anchors, priors } = manifest.head as { anchors?: unknown; priors?: unknown };
  return {
    ...(anchors !== undefined && { 'head.anchors': JSON.stringify(anchors) }),
    ...(priors !== undefined && {
      'head.priors': JSON.stringify(priors),
      labels: JSON.stringify(manifest.labels),
    }),
  };
}

for (const { name, manifest: path } of sharedModels) {
  sharedTest(`${name} is made out from its file alone, with the accuracy of its own manifest`, async (t) => {
    const files = await readModelFiles(path);
    const threshold = String(files.manifest.postprocess.scoreThreshold);
    const { detector, manifestText } = await importBytes(files.modelBytes, {
      settings: { ...unknowable(files.manifest), 'postprocess.scoreThreshold': threshold },
    });
    const made = parseManifest(manifestText, 'made');
    t.deepEqual(made.input, files.manifest.input);
    t.deepEqual({ ...made.head, note: '' }, { ...files.manifest.head, note: '' });
    t.deepEqual(made.postprocess, files.manifest.postprocess);

    const truth = await readGroundTruth(`${sharedFolder}data/coco-eval/annotations.json`);
    const options = { imagesFolder: `${sharedFolder}data/coco-eval/images`, truth, limit: 30 };
    const original = await loadDetector(files, onnxruntimeEngine);
    const [ours, theirs] = [
      await evaluateDetector(detector, options),
      await evaluateDetector(original, options),
    ];
    t.true(theirs.AP > 0);
    t.is(ours.AP, theirs.AP);
    t.deepEqual(ours.detections, theirs.detections);
    await Promise.all([detector.dispose(), original.dispose()]);
  });
}
