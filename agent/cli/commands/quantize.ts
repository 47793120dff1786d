import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { type Recipe, recipes, type Stage } from '../../../calibrate/detptq/recipe.js';
import { AgentError } from '../../../runtime/errors.js';
import { addCommand } from '../command.js';
import { choices, integer, ratio, threadsOption } from '../options.js';

interface QuantizeCommandOptions {
  readonly calib: string;
  readonly out: string;
  readonly recipe: Recipe;
  readonly without?: ReadonlySet<Stage>;
  readonly weightBits: number;
  readonly activationBits: number;
  readonly lowBitShare: number;
  readonly frames: number;
  readonly seed: number;
  readonly engine: string;
  readonly servingEngine: string;
  readonly threads: number;
  readonly maxMemory?: number;
  readonly images?: string;
  readonly annotations?: string;
  readonly resume?: boolean;
}

/** How the command line spells the stages. */
const stageNames = {
  scaling: 'scaling',
  preactivations: 'preActivations',
  rounding: 'rounding',
  moments: 'moments',
  perlayer: 'perLayerP',
  mixed: 'mixedPrecision',
  retune: 'retune',
} as const satisfies Record<string, Stage>;

export function registerQuantize(program: Command): void {
  const bits = integer({ min: 2, max: 8 });
  addCommand<QuantizeCommandOptions, [model: string]>(program, {
    usage: 'quantize <model>',
    summary: 'quantize a float detector with DetPTQ',
    arguments: { model: 'manifest, model folder or name in the store' },
    options: [
      new Option('--calib <dir>', 'folder of images to calibrate on').makeOptionMandatory(),
      new Option('--out <dir>', 'folder for the new model and its report').makeOptionMandatory(),
      new Option('--recipe <name>', 'how thoroughly to search').choices(recipes).default('balanced'),
      new Option(
        '--without <stages>',
        `stages to leave out: ${Object.keys(stageNames).join(', ')}`,
      ).argParser(choices(stageNames)),
      new Option('--weight-bits <n>', '2 to 8').argParser(bits).default(8),
      new Option('--activation-bits <n>', '2 to 8; below 8 the result is simulated')
        .argParser(bits)
        .default(8),
      new Option('--low-bit-share <0..1>', 'smallest share of the layers below 8 bits that keep their bits')
        .argParser(ratio)
        .default(1),
      new Option('--frames <n>', 'images that the search sees; as many more judge it')
        .argParser(integer({ min: 1, max: 4096 }))
        .default(32),
      new Option('--seed <s>', 'chooses the images; 0 takes them by name')
        .argParser(integer({ min: 0, max: 0xffffffff }))
        .default(0),
      new Option('--engine <name>', 'engine that searches; layers are rebuilt on onnxruntime').default(
        'auto',
      ),
      new Option(
        '--serving-engine <name>',
        'engine that the new model is for: it is judged and measured there',
      ).default('auto'),
      threadsOption(availableParallelism()),
      new Option('--max-memory <MB>', 'memory that the search may take').argParser(
        integer({ min: 64, max: 1e7 }),
      ),
      new Option('--images <dir>', 'folder of labelled images to judge both models by'),
      new Option('--annotations <file>', 'their labels, a COCO detection file'),
      new Option('--resume', 'go on from OUT/checkpoint.jsonl, which an interrupted run leaves'),
    ],
    examples: [
      'detptq quantize nanodet.json --calib frames --out nanodet-int8',
      'detptq quantize nanodet.json --calib frames --out nanodet-int4 --weight-bits 4 --recipe thorough',
      'detptq quantize nanodet.json --calib frames --out nanodet-mixed --weight-bits 4 --low-bit-share 0.8',
    ],
    async run(context, { maxMemory, resume, images, annotations, without = new Set(), ...options }, model) {
      const { quantizeToFolder } = await import('../quantizeToFolder.js');
      await quantizeToFolder(context, {
        ...options,
        model,
        without,
        resume: resume ?? false,
        ...labelledImages(images, annotations),
        ...(maxMemory !== undefined && { memoryBudgetBytes: maxMemory * 1e6 }),
      });
    },
  });
}

function labelledImages(images: string | undefined, annotations: string | undefined) {
  if (images === undefined && annotations === undefined) return {};
  if (images !== undefined && annotations !== undefined) return { labelled: { images, annotations } };
  const [given, missing] =
    images === undefined ? ['--annotations', '--images'] : ['--images', '--annotations'];
  throw new AgentError('usage', `expected ${missing} beside ${given}`, {
    detail: { expected: missing, where: given },
  });
}
