import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { type Recipe, recipes } from '../../../calibrate/detptq/recipe.js';
import { addCommand } from '../command.js';
import { engineOption, integer, threadsOption } from '../options.js';

interface QuantizeCommandOptions {
  readonly calib: string;
  readonly out: string;
  readonly recipe: Recipe;
  readonly weightBits: number;
  readonly activationBits: number;
  readonly frames: number;
  readonly seed: number;
  readonly engine: string;
  readonly threads: number;
  readonly maxMemory?: number;
  readonly resume?: boolean;
}

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
      new Option('--weight-bits <n>', '2 to 8').argParser(bits).default(8),
      new Option('--activation-bits <n>', '2 to 8; below 8 the result is simulated')
        .argParser(bits)
        .default(8),
      new Option('--frames <n>', 'images that the search sees; as many more judge it')
        .argParser(integer({ min: 1, max: 4096 }))
        .default(32),
      new Option('--seed <s>', 'chooses the images; 0 takes them by name')
        .argParser(integer({ min: 0, max: 0xffffffff }))
        .default(0),
      engineOption(),
      threadsOption(availableParallelism()),
      new Option('--max-memory <MB>', 'memory that the search may take').argParser(
        integer({ min: 64, max: 1e7 }),
      ),
      new Option('--resume', 'go on from OUT/checkpoint.json, which an interrupted run leaves'),
    ],
    examples: [
      'detptq quantize nanodet.json --calib frames --out nanodet-int8',
      'detptq quantize nanodet.json --calib frames --out nanodet-int4 --weight-bits 4 --recipe thorough',
    ],
    async run(context, { maxMemory, resume, ...options }, model) {
      const { quantizeToFolder } = await import('../quantizeToFolder.js');
      await quantizeToFolder(context, {
        ...options,
        model,
        resume: resume ?? false,
        ...(maxMemory !== undefined && { memoryBudgetBytes: maxMemory * 1e6 }),
      });
    },
  });
}
