/**
 * Prints, for each detector, what the usual quantizers reach beside `detptq quantize`: on the same calibration frames, through
 * the same pre-processing, decoder and evaluation. AP of COCO, its paired difference to float with the 95 % interval over the
 * images, agreement mAP with the float detector on frames that no tool has seen, size, CPU seconds and peak memory of quantizing;
 * a figure per draw of calibration frames. `peers/README.md` says what each tool is asked for and how to install them. Markdown on stdout, one line of JSON per model on stderr.
 *
 *     node dist/test/bench/peers.js [--models MANIFEST,MANIFEST] [--tools ID,ID] [--bits 8/8,4/8] [--draws 0,1] [--frames 32]
 *       [--limit 400] [--recipe balanced] [--calib FRAMES] [--images DIR --annotations FILE] [--python FILE] [--work FOLDER]
 */
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readGroundTruth } from '../../calibrate/evaluate/groundTruthFile.js';
import type { PairedDifference } from '../../calibrate/evaluate/pairedBootstrap.js';
import type { DetectorEvaluation } from '../../calibrate/evaluate/runEvaluation.js';
import { loadDetector } from '../../runtime/detector/detector.js';
import { selectEngine } from '../../runtime/engines/registry.js';
import { projectRoot, sharedFolder, sharedModels } from '../helpers/paths.js';
import { detptqMixedTool, detptqTool } from './peers/detptqTool.js';
import { type Draw, drawFrames } from './peers/draw.js';
import { LabelledImages } from './peers/labelledImages.js';
import { litertTool } from './peers/litertTool.js';
import { nncfTool } from './peers/nncfTool.js';
import { onnxruntimeTool } from './peers/onnxruntimeTool.js';
import { readSubject, type Subject } from './peers/subject.js';
import { differenceText, type Outcome, percent, tableHead, tableRow } from './peers/table.js';
import type { Setting, Tool } from './peers/tool.js';
import { UnseenFrames } from './peers/unseenFrames.js';

const tools: readonly Tool[] = [
  onnxruntimeTool({ calibration: 'MinMax', tail: 'quantized' }),
  onnxruntimeTool({ calibration: 'MinMax', tail: 'float' }),
  onnxruntimeTool({ calibration: 'Percentile', tail: 'quantized' }),
  onnxruntimeTool({ calibration: 'Percentile', tail: 'float', weightBits: [8, 4] }),
  nncfTool,
  litertTool,
  detptqTool,
  detptqMixedTool,
];

const { values: options } = parseArgs({
  options: {
    models: { type: 'string', default: sharedModels.map(({ manifest }) => manifest).join() },
    tools: { type: 'string', default: tools.map(({ id }) => id).join() },
    bits: { type: 'string', default: '8/8,4/8' },
    draws: { type: 'string', default: '0,1' },
    frames: { type: 'string', default: '32' },
    limit: { type: 'string', default: '400' },
    recipe: { type: 'string', default: 'balanced' },
    calib: { type: 'string', default: `${sharedFolder}data/coco-calib/images` },
    images: { type: 'string', default: `${sharedFolder}data/coco-eval/images` },
    annotations: { type: 'string', default: `${sharedFolder}data/coco-eval/annotations.json` },
    python: { type: 'string', default: join(projectRoot, 'test/bench/peers/.venv/bin/python') },
    /** Each model that a tool wrote stays there. */
    work: { type: 'string', default: join(tmpdir(), 'detptq-peers') },
  },
});

const setting: Setting = {
  python: options.python,
  engine: await selectEngine('auto'),
  threads: availableParallelism(),
  recipe: options.recipe,
  calib: options.calib,
};
const images = new LabelledImages({
  truth: await readGroundTruth(options.annotations),
  imagesFolder: options.images,
  limit: Number(options.limit),
});
const chosenTools = options.tools.split(',').map(chosenTool);
const weightBitsWanted = options.bits.split(',').map(weightBitsOf);

function chosenTool(id: string): Tool {
  const tool = tools.find((candidate) => candidate.id === id);
  if (tool) return tool;
  throw new Error(`expected tools among ${tools.map((known) => known.id).join()}, got ${id}`);
}

function weightBitsOf(pair: string): number {
  const [weightBits, activationBits] = pair.split('/').map(Number);
  if (weightBits !== undefined && activationBits === 8) return weightBits;
  throw new Error(`expected bits such as 4/8, with 8-bit activations as all tools have them, got ${pair}`);
}

async function emptyFolder(...path: readonly string[]): Promise<string> {
  const folder = join(options.work, ...path);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Draws the calibration frames and evaluates the float detector. */
async function prepare(subject: Subject): Promise<{
  readonly draws: readonly { readonly draw: Draw; readonly unseen: UnseenFrames }[];
  readonly float: DetectorEvaluation;
}> {
  const detector = await loadDetector(subject.files, setting.engine, { threads: setting.threads });
  const folder = await emptyFolder(subject.files.manifest.name, 'draws');
  const draws: { draw: Draw; unseen: UnseenFrames }[] = [];
  for (const seed of options.draws.split(',').map(Number)) {
    const frames = Number(options.frames);
    const drawn = { calib: options.calib, frames, seed };
    const draw = await drawFrames(detector, { ...drawn, folder });
    draws.push({ draw, unseen: await UnseenFrames.of(detector, drawn) });
  }
  return { draws, float: await images.evaluate(detector) };
}

/** Prints the table of one detector and returns `detptq` - NNCF at W8A8, a figure per draw. */
async function compareTools(manifestPath: string): Promise<PairedDifference[]> {
  const subject = await readSubject(manifestPath);
  const { name } = subject.files.manifest;
  const { draws, float } = await prepare(subject);
  console.log(`\n**${name}**, float AP ${percent(float.AP)}, n = ${float.n}, `);
  console.log(`N = ${options.frames}, draws ${options.draws}, detptq ${options.recipe}\n\n${tableHead}`);
  const rows: { tool: string; weightBits: number; outcomes: Outcome[] }[] = [];
  const atEightBits = new Map<Tool, DetectorEvaluation[]>();
  for (const weightBits of weightBitsWanted) {
    for (const tool of chosenTools.filter((candidate) => candidate.weightBits.includes(weightBits))) {
      const outcomes: Outcome[] = [];
      const evaluations: DetectorEvaluation[] = [];
      for (const { draw, unseen } of draws) {
        const folder = await emptyFolder(name, `${tool.id}-w${weightBits}-draw${draw.seed}`);
        const { open, ...cost } = await tool.quantize({ subject, draw, weightBits, folder, setting });
        const detector = await open();
        const agreement = await unseen.agreement(detector);
        const evaluation = await images.evaluate(detector);
        const toFloat = images.compare(float, evaluation);
        outcomes.push({ seed: draw.seed, AP: evaluation.AP, toFloat, agreement, ...cost });
        evaluations.push(evaluation);
      }
      rows.push({ tool: tool.id, weightBits, outcomes });
      if (weightBits === 8) atEightBits.set(tool, evaluations);
      console.log(tableRow(tool.label, weightBits, outcomes));
    }
  }
  const ours = atEightBits.get(detptqTool) ?? [];
  const gains = (atEightBits.get(nncfTool) ?? []).flatMap((peer, index) =>
    ours[index] ? [images.compare(peer, ours[index])] : [],
  );
  if (gains.length > 0) console.log(`\ndetptq - NNCF at W8A8: ${gains.map(differenceText).join(' / ')}`);
  console.error(JSON.stringify({ bench: 'peers', model: name, floatAP: float.AP, rows, gains }));
  return gains;
}

const allGains: number[] = [];
for (const manifestPath of options.models.split(',')) {
  allGains.push(...(await compareTools(manifestPath)).map(({ difference }) => difference));
}
if (allGains.length > 0) {
  const mean = allGains.reduce((sum, gain) => sum + gain, 0) / allGains.length;
  console.log(`\ndetptq - NNCF at W8A8, mean over models and draws: ${percent(mean)}`);
}
