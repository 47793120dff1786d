import type { Graph } from '../../runtime/graph/graph.js';
import { float32Tensor } from '../../runtime/graph/tensor.js';
import { graphBuilder } from './graphs.js';

/**
 * Small, untrained networks whose outputs are made as the families' exporters make them. Unlike in the real ones the
 * trunk is three convolutions, so that a test has them in milliseconds.
 */

/** Height and width of the input: levels of 8 x 12, 4 x 6 and 2 x 3 cells. */
export const exportSize = [64, 96] as const;
/** Cells of strides 8, 16 and 32; not 4 + any number of classes that the tests use. */
export const exportCells = 8 * 12 + 4 * 6 + 2 * 3;
const levelCells = [96, 24, 6] as const;
const strides = [8, 16, 32] as const;
const width = 8;

type Dims = readonly (number | string)[];
type Builder = ReturnType<typeof graphBuilder>;

export interface ExportOptions {
  readonly classes?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly inputDims?: Dims;
  readonly seed?: number;
  /** Factor on the first convolution's weights. */
  readonly gain?: number;
}

interface Trunk {
  readonly g: Builder;
  /** Features of strides 8, 16 and 32. */
  readonly levels: readonly string[];
}

function trunk({ inputDims = [1, 3, ...exportSize], seed = 1, gain = 1 }: ExportOptions): Trunk {
  const g = graphBuilder({ seed, opset: 17 });
  const x = g.input('images', inputDims);
  const kernel = Float32Array.from({ length: width * 3 * 64 }, (_, i) => gain * 0.05 * Math.sin(seed + i));
  const first = g.node('Conv', [x, g.constant(float32Tensor([width, 3, 8, 8], kernel))], {
    attributes: { strides: [8, 8] },
  });
  const levels = [silu(g, first)];
  for (let level = 1; level < 3; level++) {
    levels.push(silu(g, g.conv(levels.at(-1)!, { weights: [width, width, 2, 2], stride: 2 })));
  }
  return { g, levels };
}

function silu(g: Builder, x: string): string {
  return g.node('Mul', [x, g.node('Sigmoid', [x])]);
}

const predict = (g: Builder, level: string, channels: number, name?: string) =>
  g.node('Conv', [level, g.weights(channels, width, 1, 1), g.weights(channels)], { ...(name && { name }) });
const concat = (g: Builder, parts: readonly string[], axis: number, name?: string) =>
  g.node('Concat', parts, { attributes: { axis }, ...(name && { name }) });
const transpose = (g: Builder, x: string, name?: string) =>
  g.node('Transpose', [x], { attributes: { perm: [0, 2, 1] }, ...(name && { name }) });
const named = (graph: Graph, metadata: Readonly<Record<string, string>> = {}): Graph => ({
  ...graph,
  metadata: new Map(Object.entries(metadata)),
});

/** What Ultralytics writes about a detector of so many classes. */
export function ultralyticsMetadata(classes: number, more: Readonly<Record<string, string>> = {}) {
  const names = Array.from({ length: classes }, (_, id) => `${id}: 'thing ${id}'`);
  return {
    description: 'Ultralytics YOLOv8n model trained on things.yaml',
    author: 'Ultralytics',
    license: 'AGPL-3.0 License (https://ultralytics.com/license)',
    stride: '32',
    task: 'detect',
    batch: '1',
    imgsz: `[${exportSize.join(', ')}]`,
    names: `{${names.join(', ')}}`,
    ...more,
  };
}

/** YOLOv8 to YOLO12: distances as distributions, decoded by a convolution over a softmax; `[1, 4 + C, N]`. */
export function yolov8Export(options: ExportOptions = {}): Graph {
  const { g, scaled, probabilities } = yolov8Body(options);
  const packed = concat(g, [scaled, probabilities], 1, 'output0');
  return named(g.build([packed]), options.metadata ?? ultralyticsMetadata(options.classes ?? 3));
}

function yolov8Body(options: ExportOptions) {
  const { classes = 3 } = options;
  const { g, levels } = trunk(options);
  const flat = levels.map((level, i) => {
    const maps = concat(g, [predict(g, level, 64), predict(g, level, classes)], 1);
    return g.node('Reshape', [maps, g.ints(1, 64 + classes, levelCells[i]!)]);
  });
  const [sides, logits] = g.nodeWithOutputs('Split', [concat(g, flat, 2), g.ints(64, classes)], {
    attributes: { axis: 1 },
    count: 2,
  });
  const bins = g.node('Reshape', [sides!, g.ints(1, 4, 16, exportCells)]);
  const weights = g.node('Softmax', [g.node('Transpose', [bins], { attributes: { perm: [0, 2, 1, 3] } })], {
    attributes: { axis: 1 },
  });
  const numbers = g.constant(
    float32Tensor(
      [1, 16, 1, 1],
      Float32Array.from({ length: 16 }, (_, bin) => bin),
    ),
  );
  const distances = g.node('Reshape', [g.node('Conv', [weights, numbers]), g.ints(1, 4, exportCells)]);
  const half = (from: number) => g.node('Slice', [distances, g.ints(from), g.ints(from + 2), g.ints(1)]);
  const anchors = g.constant(float32Tensor([1, 2, exportCells], cellCentres()));
  const [corner, opposite] = [g.node('Sub', [anchors, half(0)]), g.node('Add', [anchors, half(2)])];
  const two = g.constant(float32Tensor([], Float32Array.of(2)));
  const centre = g.node('Div', [g.node('Add', [corner, opposite]), two]);
  const boxes = concat(g, [centre, g.node('Sub', [opposite, corner])], 1);
  const inPixels = (cells: string) =>
    g.node('Mul', [cells, g.constant(float32Tensor([1, exportCells], cellStrides()))]);
  return {
    g,
    /** Centre and size. */
    scaled: inPixels(boxes),
    corners: inPixels(concat(g, [corner, opposite], 1)),
    probabilities: g.node('Sigmoid', [logits!]),
  };
}

/** In cells: x of all, then y of all. */
function cellCentres(): Float32Array {
  const cells = strides.flatMap((stride) =>
    Array.from({ length: exportSize[0] / stride }, (_, row) =>
      Array.from({ length: exportSize[1] / stride }, (_, column) => [column + 0.5, row + 0.5] as const),
    ).flat(),
  );
  return Float32Array.from([...cells.map(([x]) => x), ...cells.map(([, y]) => y)]);
}

function cellStrides(): Float32Array {
  return Float32Array.from(levelCells.flatMap((count, level) => Array<number>(count).fill(strides[level]!)));
}

/** YOLOv10, YOLO26: the best boxes of a YOLOv8 decode, its corners, chosen in the network; `[1, 10, 6]`. */
export function endToEndExport(options: ExportOptions = {}): Graph {
  const { classes = 3 } = options;
  const { g, corners, probabilities } = yolov8Body(options);
  const rows = transpose(g, concat(g, [corners, probabilities], 1, 'decoded'));
  const [sides, shares] = g.nodeWithOutputs('Split', [rows, g.ints(4, classes)], {
    attributes: { axis: 2 },
    count: 2,
  });
  const best = g.node('ReduceMax', [shares!], { attributes: { axes: [2], keepdims: 0 } });
  const [scores, chosen] = g.nodeWithOutputs('TopK', [best, g.ints(10)], {
    attributes: { axis: 1 },
    count: 2,
  });
  const index = g.node('Expand', [g.node('Unsqueeze', [chosen!, g.ints(2)]), g.ints(1, 10, 4)]);
  const boxes = g.node('GatherElements', [sides!, index], { attributes: { axis: 1 } });
  const classId = g.node('Mul', [scores!, g.constant(float32Tensor([], Float32Array.of(0)))]);
  const columns = [scores!, classId].map((column) => g.node('Unsqueeze', [column, g.ints(2)]));
  const packed = concat(g, [boxes, ...columns], 2, 'output0');
  const graph = g.buildRaw([{ name: packed, dtype: 'float32', dims: [1, 10, 6] }]);
  return named(graph, options.metadata ?? {});
}

/** YOLOv5: three anchors per cell, decoded; `[1, N, 5 + C]`. */
export function yolov5Export(options: ExportOptions = {}): Graph {
  const { classes = 3, metadata } = options;
  const { g, levels } = trunk(options);
  const rows = levels.map((level, i) => {
    const cells = levelCells[i]!;
    const maps = predict(g, level, 3 * (5 + classes));
    const split = g.node('Reshape', [maps, g.ints(1, 3, 5 + classes, cells)]);
    const moved = g.node('Transpose', [split], { attributes: { perm: [0, 1, 3, 2] } });
    const [boxes, rest] = g.nodeWithOutputs('Split', [g.node('Sigmoid', [moved]), g.ints(4, 1 + classes)], {
      attributes: { axis: 3 },
      count: 2,
    });
    const scale = g.constant(float32Tensor([], Float32Array.of(strides[i]!)));
    const joined = concat(g, [g.node('Mul', [boxes!, scale]), rest!], 3);
    return g.node('Reshape', [joined, g.ints(1, 3 * cells, 5 + classes)]);
  });
  return named(g.build([concat(g, rows, 1, 'output0')]), metadata);
}

/** YOLOX by default: not decoded; `[1, N, 5 + C]`. */
export function yoloxExport(options: ExportOptions = {}): Graph {
  const { classes = 80 } = options;
  const { g, levels } = trunk(options);
  const flat = levels.map((level, i) => {
    const parts = [
      predict(g, level, 4),
      g.node('Sigmoid', [predict(g, level, 1)]),
      g.node('Sigmoid', [predict(g, level, classes)]),
    ];
    return g.node('Reshape', [concat(g, parts, 1), g.ints(1, 5 + classes, levelCells[i]!)]);
  });
  return g.build([transpose(g, concat(g, flat, 2), 'output')]);
}

/** YOLOv6: decoded, with an objectness of ones; `[1, N, 5 + C]`. */
export function yolov6Export(options: ExportOptions = {}): Graph {
  const { classes = 80 } = options;
  const { g, levels } = trunk(options);
  const flat = (part: number) =>
    transpose(
      g,
      concat(
        g,
        levels.map((level, i) =>
          g.node('Reshape', [predict(g, level, part), g.ints(1, part, levelCells[i]!)]),
        ),
        2,
      ),
    );
  const boxes = g.node('Mul', [flat(4), g.constant(float32Tensor([exportCells, 1], cellStrides()))]);
  const ones = g.constant(float32Tensor([1, exportCells, 1], new Float32Array(exportCells).fill(1)));
  return g.build([concat(g, [boxes, ones, g.node('Sigmoid', [flat(classes)])], 2, 'outputs')]);
}

/** NanoDet (before Plus): one convolution per level for classes and distributions; `[1, N, C + 32]`. */
export function nanodetExport(options: ExportOptions & { readonly regMax?: number } = {}): Graph {
  const { classes = 80, regMax = 7 } = options;
  const { g, levels } = trunk(options);
  const bins = 4 * (regMax + 1);
  const flat = levels.map((level, i) => {
    const [logits, sides] = g.nodeWithOutputs(
      'Split',
      [predict(g, level, classes + bins), g.ints(classes, bins)],
      {
        attributes: { axis: 1 },
        count: 2,
      },
    );
    const joined = concat(g, [g.node('Sigmoid', [logits!]), sides!], 1);
    return g.node('Reshape', [joined, g.ints(1, classes + bins, levelCells[i]!)]);
  });
  return g.build([transpose(g, concat(g, flat, 2), 'output')]);
}

/** PicoDet without post-processing: scores of all levels, then distributions of all levels. */
export function picodetExport(options: ExportOptions = {}): Graph {
  const { classes = 80 } = options;
  const { g, levels } = trunk(options);
  const rows = (kind: string, values: number, activate: (x: string) => string) =>
    levels.map((level, i) => {
      const flat = g.node('Reshape', [
        activate(predict(g, level, values)),
        g.ints(1, values, levelCells[i]!),
      ]);
      return transpose(g, flat, `${kind}_${i}`);
    });
  const scores = rows('scores', classes, (x) => g.node('Sigmoid', [x]));
  return g.build([...scores, ...rows('distances', 32, (x) => x)]);
}

/** YOLOv3: raw maps of strides 32 and 16. */
export function yolov3Export(options: ExportOptions & { readonly anchors?: number } = {}): Graph {
  const { classes = 80, anchors = 3 } = options;
  const { g, levels } = trunk(options);
  const channels = anchors * (5 + classes);
  return g.build([predict(g, levels[2]!, channels, 'coarse'), predict(g, levels[1]!, channels, 'fine')]);
}

/** SSD before its decoding, on maps of strides 16 and 32 with 2 and 3 priors per cell. */
export function ssdExport(options: ExportOptions = {}): Graph {
  const { classes = 2 } = options;
  const { g, levels } = trunk(options);
  const priors = [
    { level: levels[1]!, cells: levelCells[1], perCell: 2 },
    { level: levels[2]!, cells: levelCells[2], perCell: 3 },
  ];
  const total = priors.reduce((sum, { cells, perCell }) => sum + cells * perCell, 0);
  const rows = (values: number) =>
    concat(
      g,
      priors.map(({ level, cells, perCell }) => {
        const maps = predict(g, level, perCell * values);
        const moved = g.node('Transpose', [maps], { attributes: { perm: [0, 2, 3, 1] } });
        return g.node('Reshape', [moved, g.ints(1, cells * perCell * values)]);
      }),
      1,
    );
  const boxes = g.node('Identity', [rows(4)], { name: 'boxes' });
  const logits = g.node('Reshape', [rows(classes + 1), g.ints(1, total, classes + 1)]);
  const softmax = g.node('Softmax', [logits], { attributes: { axis: 2 } });
  const scores = g.node('Reshape', [softmax, g.ints(1, total * (classes + 1))], { name: 'scores' });
  return g.build([boxes, scores]);
}

/** Maps of scores and deltas per level, as RetinaNet (several anchors), EfficientDet (separable) and FCOS (one, and a centerness) have them. */
export function levelMapsExport(
  options: ExportOptions & {
    readonly anchors?: number;
    readonly centerness?: boolean;
    readonly separable?: boolean;
  } = {},
): Graph {
  const { classes = 3, anchors = 9, centerness = false, separable = false } = options;
  const { g, levels: features } = trunk(options);
  const levels = separable
    ? features.map((level) => g.conv(level, { weights: [width, 1, 1, 1], group: width }))
    : features;
  const maps = (kind: string, channels: number) =>
    levels.map((level, i) => predict(g, level, channels, `${kind}_${i}`));
  return g.build([
    ...maps('scores', anchors * classes),
    ...maps('deltas', anchors * 4),
    ...(centerness ? maps('centerness', 1) : []),
  ]);
}

/** PP-YOLOE without NMS: decoded corners `[1, N, 4]` and probabilities `[1, C, N]`. */
export function boxesAndScoresExport(options: ExportOptions = {}): Graph {
  const { classes = 80 } = options;
  const { g, levels } = trunk(options);
  const flat = (values: number) =>
    concat(
      g,
      levels.map((level, i) =>
        g.node('Reshape', [predict(g, level, values), g.ints(1, values, levelCells[i]!)]),
      ),
      2,
    );
  const scaled = g.node(
    'Mul',
    [transpose(g, flat(4)), g.constant(float32Tensor([exportCells, 1], cellStrides()))],
    {
      name: 'boxes',
    },
  );
  return g.build([scaled, g.node('Sigmoid', [flat(classes)], { name: 'scores' })]);
}

/** A network of another task: its outputs have these dimensions and come from the trunk. */
export function otherExport(outputs: readonly (readonly number[])[], options: ExportOptions = {}): Graph {
  const { g, levels } = trunk(options);
  const names = outputs.map((_, i) => g.node('Relu', [levels[0]!], { name: `output${i}` }));
  const graph = g.buildRaw(names.map((name, i) => ({ name, dtype: 'float32', dims: outputs[i]! })));
  return named(graph, options.metadata);
}
