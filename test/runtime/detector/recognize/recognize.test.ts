import test from 'ava';
import { type Manifest, parseManifest } from '../../../../runtime/detector/manifest.js';
import { assertManifestFits } from '../../../../runtime/detector/manifestFit.js';
import type { Recognition } from '../../../../runtime/detector/recognize/recognition.js';
import { recognize } from '../../../../runtime/detector/recognize/recognize.js';
import type { Graph } from '../../../../runtime/graph/graph.js';
import { decodeOnnx, encodeOnnx } from '../../../../runtime/graph/onnxCodec.js';
import {
  boxesAndScoresExport,
  endToEndExport,
  exportCells,
  levelMapsExport,
  nanodetExport,
  otherExport,
  picodetExport,
  ssdExport,
  ultralyticsMetadata,
  yolov3Export,
  yolov5Export,
  yolov6Export,
  yolov8Export,
  yoloxExport,
} from '../../../helpers/exports.js';
import { manifestJson } from '../../../helpers/manifests.js';

/** Checks that the draft is a manifest which fits the graph, as it will be read from a file, and returns it. */
function manifestOf({ draft }: Recognition, graph: Graph): Manifest {
  const manifest = parseManifest(JSON.stringify({ ...manifestJson(), ...draft }), 'draft');
  assertManifestFits(manifest, decodeOnnx(encodeOnnx(graph)), 'draft');
  return manifest;
}

const guessedKeys = ({ guesses }: Recognition) => guesses.map(({ key }) => key);

test('an Ultralytics export tells all but nothing is guessed', (t) => {
  const graph = yolov8Export({ classes: 3 });
  const found = recognize(graph);
  t.is(found.family, 'Ultralytics YOLOv8n');
  t.deepEqual(found.guesses, []);
  t.like(manifestOf(found, graph), {
    labels: ['thing 0', 'thing 1', 'thing 2'],
    input: {
      name: 'images',
      color: 'RGB',
      mean: [0, 0, 0],
      std: [255, 255, 255],
      resize: 'letterbox',
      padValue: 114,
    },
    head: { type: 'yolov8', boxFormat: 'xywh', outputs: { packed: 'output0' } },
  });
});

test('a YOLOv5 export, whose names are a list, reads as decoded boxes with objectness, with one class too', (t) => {
  for (const names of ["['thing']", "['a', 'b', 'c']"]) {
    const classes = names.split(',').length;
    const graph = yolov5Export({ classes, metadata: { stride: '32', names } });
    const manifest = manifestOf(recognize(graph), graph);
    t.like(manifest, { head: { type: 'yolov5', outputs: { packed: 'output0' } } });
    t.is(manifest.labels.length, classes);
  }
});

test('without metadata the same export is YOLOv5 or YOLOv7 by its anchors', (t) => {
  const graph = yolov5Export({ classes: 80 });
  const found = recognize(graph);
  t.is(found.family, 'YOLOv5 or YOLOv7');
  t.like(manifestOf(found, graph), { labels: 'coco80', head: { type: 'yolov5' } });
  t.deepEqual(guessedKeys(found), ['input.color', 'input.mean', 'input.std', 'input.resize', 'labels']);
});

test('YOLOX takes bytes or ImageNet figures, as its first filters weigh', (t) => {
  const bytes = yoloxExport({ gain: 0.01 });
  const found = recognize(bytes);
  t.is(found.family, 'YOLOX');
  t.like(manifestOf(found, bytes), {
    input: { color: 'BGR', mean: [0, 0, 0], std: [1, 1, 1], resize: 'letterbox-top-left', padValue: 114 },
    head: { type: 'yolox', strides: [8, 16, 32] },
  });
  t.deepEqual(guessedKeys(found), ['input.color', 'input.mean', 'input.std', 'labels']);
  const legacy = recognize(yoloxExport({ gain: 3 }));
  t.like(legacy.draft.input, { color: 'RGB', std: [58.395, 57.12, 57.375] });
});

test('YOLOv6 is known by its objectness of ones', (t) => {
  const graph = yolov6Export();
  const found = recognize(graph);
  t.is(found.family, 'YOLOv6');
  t.like(manifestOf(found, graph), {
    input: { color: 'RGB', resize: 'letterbox' },
    head: { type: 'yolov5' },
  });
});

test('NanoDet is split where its sigmoid ends, whatever the number of bins', (t) => {
  const usual = nanodetExport({ classes: 80 });
  const found = recognize(usual);
  t.is(found.family, 'NanoDet');
  t.like(manifestOf(found, usual), {
    labels: 'coco80',
    input: { color: 'BGR', mean: [103.53, 116.28, 123.675], resize: 'stretch' },
    head: { type: 'gfl', strides: [8, 16, 32], regMax: 7, cellOffset: 0.5 },
  });
  const custom = nanodetExport({ classes: 5, regMax: 10 });
  t.like(manifestOf(recognize(custom), custom), { head: { type: 'gfl', regMax: 10 } });
  t.is(recognize(custom).draft.labels?.toString(), 'class 0,class 1,class 2,class 3,class 4');
});

test('PicoDet is known by its pairs of probabilities and distributions', (t) => {
  const graph = picodetExport();
  const found = recognize(graph);
  t.is(found.family, 'PicoDet');
  t.like(manifestOf(found, graph), {
    input: { color: 'RGB', interpolation: 'cubic' },
    head: {
      type: 'gfl',
      cellOffset: 0.5,
      strides: [8, 16, 32],
      outputs: {
        scores: ['scores_0', 'scores_1', 'scores_2'],
        distances: ['distances_0', 'distances_1', 'distances_2'],
      },
    },
  });
});

test('YOLOv3 maps ask for anchors, which tell the number of classes', (t) => {
  const graph = yolov3Export({ classes: 5, anchors: 2 });
  const anchors = [
    [
      [10, 20],
      [30, 40],
    ],
    [
      [1, 2],
      [3, 4],
    ],
  ];
  const found = recognize(graph, new Map([['head.anchors', anchors]]));
  t.deepEqual(found.missing, []);
  const { draft } = found;
  t.like(manifestOf({ ...found, draft: { ...draft, head: { ...draft.head, anchors } } }, graph), {
    head: { type: 'yolov3', outputs: { maps: ['coarse', 'fine'] } },
  });
  const [missing] = recognize(yolov3Export()).missing;
  t.is(missing?.key, 'head.anchors');
  t.regex(missing!.why, /coarse \(stride 32\), fine \(stride 16\)/);
});

test('SSD tells its maps, priors per cell and classes, and asks for the sizes of the priors', (t) => {
  const graph = ssdExport({ classes: 2 });
  const found = recognize(graph);
  t.is(found.family, 'SSD');
  t.like(found.draft, { labels: ['class 0', 'class 1'] });
  t.like(found.draft.head, {
    background: 0,
    priors: [
      { featureMap: [4, 6], step: 16, offset: 0.5 },
      { featureMap: [2, 3], step: 32, offset: 0.5 },
    ],
    outputs: { boxes: 'boxes', scores: 'scores' },
  });
  t.deepEqual(
    found.missing.map(({ key }) => key),
    [0, 1].flatMap((level) => [`head.priors.${level}.widths`, `head.priors.${level}.heights`]),
  );
  t.regex(found.missing[2]!.why, /3 widths .* 2 x 3 map/);
});

test('RetinaNet of nine anchors gets those of the paper, of another number asks for them', (t) => {
  const graph = levelMapsExport({ classes: 3, anchors: 9 });
  const found = recognize(graph);
  t.is(found.family, 'RetinaNet');
  t.true(guessedKeys(found).includes('head.levels'));
  const manifest = manifestOf(found, graph);
  t.like(manifest, { head: { type: 'retinanet', scoreActivation: 'sigmoid', cellOffset: 0.5 } });
  t.is((manifest.head as { levels?: { stride: number; sizes: number[] }[] }).levels?.[0]?.sizes[0], 32);
  const other = recognize(levelMapsExport({ classes: 3, anchors: 6 }));
  t.deepEqual(
    other.missing.map(({ key }) => key),
    ['head.levels'],
  );
  const given = recognize(levelMapsExport({ anchors: 6 }), new Map([['head.levels', []]]));
  t.deepEqual(given.missing, []);
});

test('nine anchors by separable convolutions are those of EfficientDet, y before x', (t) => {
  const graph = levelMapsExport({ classes: 3, anchors: 9, separable: true });
  const found = recognize(graph);
  t.is(found.family, 'EfficientDet');
  const { head, input } = manifestOf(found, graph);
  t.like(head, {
    type: 'retinanet',
    deltaOrder: 'yxhw',
    anchorOrder: 'size-ratio',
    scoreActivation: 'sigmoid',
  });
  const [finest] = (head as Extract<typeof head, { type: 'retinanet' }>).levels;
  t.deepEqual(finest, {
    stride: 8,
    sizes: [1, 2 ** (1 / 3), 2 ** (2 / 3)].map((scale) => 32 * scale),
    ratios: [1, [1.4, 0.7], [0.7, 1.4]],
  });
  // Its body has SiLUs.
  t.deepEqual(input.mean, [123.675, 116.28, 103.53]);
});

test('one anchor per cell are distances, with a centerness those of FCOS', (t) => {
  const graph = levelMapsExport({ anchors: 1, classes: 5 });
  t.like(manifestOf(recognize(graph), graph), {
    head: { type: 'ltrb', strides: [8, 16, 32], scoreActivation: 'sigmoid', distanceUnit: 'stride' },
  });
  const fcos = levelMapsExport({ anchors: 1, classes: 5, centerness: true });
  const found = recognize(fcos);
  t.is(found.family, 'FCOS');
  t.like(manifestOf(found, fcos), {
    head: { outputs: { centerness: ['centerness_0', 'centerness_1', 'centerness_2'] } },
  });
});

test('an export that ends in its own selection is served as it is', (t) => {
  const graph = endToEndExport({ classes: 3 });
  const found = recognize(graph);
  t.regex(found.evidence, /behind TopK/);
  t.like(manifestOf(found, graph), {
    labels: 'coco80',
    head: { type: 'detections', outputs: { packed: 'output0' } },
    postprocess: { iouThreshold: 1 },
  });
  const named = endToEndExport({ metadata: ultralyticsMetadata(3, { end2end: 'True' }) });
  t.like(manifestOf(recognize(named), named), { labels: ['thing 0', 'thing 1', 'thing 2'] });
});

test('an Ultralytics transformer sees pictures stretched and gives fractions of the input', (t) => {
  const graph = endToEndExport({ metadata: ultralyticsMetadata(3, { head: 'RTDETRDecoder' }) });
  t.like(manifestOf(recognize(graph), graph), {
    input: { resize: 'stretch', color: 'RGB', std: [255, 255, 255] },
    head: { type: 'detections', columns: ['cx', 'cy', 'w', 'h', 'score', 'class'], boxUnit: 'fraction' },
  });
});

test('decoded boxes and their probabilities may be two tensors', (t) => {
  const graph = boxesAndScoresExport();
  t.like(manifestOf(recognize(graph), graph), {
    head: { type: 'yolov8', boxFormat: 'xyxy', outputs: { boxes: 'boxes', scores: 'scores' } },
  });
});

test('no guess is made of what is given', (t) => {
  const given = new Map<string, unknown>([
    ['input.color', 'BGR'],
    ['labels', ['a']],
  ]);
  t.deepEqual(guessedKeys(recognize(yoloxExport(), given)), ['input.mean', 'input.std']);
});

for (const task of ['segment', 'pose', 'classify', 'obb']) {
  test(`an Ultralytics model for the task ${task} is refused by its task`, (t) => {
    const graph = yolov8Export({ metadata: ultralyticsMetadata(3, { task }) });
    t.throws(() => recognize(graph), { code: 'model_task_unsupported' });
  });
}

test('segmentation and classification are refused by their outputs', (t) => {
  const prototypes = otherExport([
    [1, 3 * exportCells, 40],
    [1, 32, 16, 24],
  ]);
  t.throws(() => recognize(prototypes), { code: 'model_task_unsupported', message: /segmentation/ });
  const mask = otherExport([[1, 21, 64, 96]]);
  t.throws(() => recognize(mask), { code: 'model_task_unsupported', message: /segmentation/ });
  const classes = otherExport([[1, 1000]]);
  t.throws(() => recognize(classes), { code: 'model_task_unsupported', message: /classification/ });
});

test('outputs of no known family are refused with their shapes and the way out', (t) => {
  const error = t.throws(() => recognize(otherExport([[1, 7, 11]])), {
    code: 'model_unrecognized',
    message: /output0 \[1, 7, 11\]/,
  });
  t.regex(String((error as { detail?: { mend?: string } }).detail?.mend), /--manifest/);
});

for (const [what, inputDims, says] of [
  ['channels last', [1, 64, 96, 3], /channels last/],
  ['a grey picture', [1, 1, 64, 96], /\[1, 3, height, width\]/],
  ['a batch of pictures', [4, 3, 64, 96], /images float32 \[4, 3, 64, 96\]/],
  ['an open size', [1, 3, 'height', 'width'], /fixed height and width/],
] as const) {
  test(`${what} is refused as input`, (t) => {
    t.throws(() => recognize(otherExport([[1, 5, 7]], { inputDims })), {
      code: 'onnx_unsupported',
      message: says,
    });
  });
}

test('a second input and an output of open size are refused', (t) => {
  const graph = yoloxExport();
  const [input] = graph.inputs;
  const second = { ...graph, inputs: [input!, { ...input!, name: 'scale_factor', dims: [1, 2] }] };
  t.throws(() => recognize(second), {
    code: 'onnx_unsupported',
    message: /2 inputs.*scale_factor float32 \[1, 2\]/,
  });
  const graphOut = otherExport([[1, 5, 7]]);
  const open = { ...graphOut, outputs: [{ ...graphOut.outputs[0]!, name: 'gone', dims: [1, 'boxes', 6] }] };
  t.throws(() => recognize(open), { code: 'onnx_unsupported', message: /output "gone".*fixed dimensions/ });
});
