import { type Command, Option } from 'commander';
import { AgentError } from '../../../runtime/errors.js';
import type { ThreadSetting } from '../../engines/threadTimes.js';
import { addCommand } from '../command.js';
import { integer, threadSettings } from '../options.js';

interface BenchOptions {
  readonly engine: readonly string[];
  readonly threads: readonly ThreadSetting[];
  readonly runs: number;
  readonly image?: string;
  readonly lowering?: true;
  readonly keep?: true;
}

export function registerBench(program: Command): void {
  addCommand<BenchOptions, [models: readonly string[]]>(program, {
    usage: 'bench <models...>',
    summary: 'inference time of detectors, interleaved, side by side in one run',
    arguments: { models: 'manifests, model folders or names in the store' },
    options: [
      new Option(
        '--engine <names...>',
        'engines that run the models; all: every one that works here',
      ).default(['auto'], 'auto'),
      new Option('--threads <list>', 'threads of one run, comma-separated; auto: as many as doctor measured')
        .argParser(threadSettings)
        .default([1], '1'),
      new Option('--runs <n>', 'timed runs of each combination')
        .argParser(integer({ min: 1, max: 1e6 }))
        .default(50),
      new Option('--image <file>', 'picture to infer on; default a drawn one'),
      new Option(
        '--lowering',
        'the forms in which quantized detectors can be lowered, against those that are chosen for this processor',
      ),
      new Option('--keep', 'with --lowering: have detectors loaded in the forms that were quicker'),
    ],
    examples: [
      'detptq bench nanodet.json out/nanodet.json --threads 1,2 --runs 100',
      'detptq bench out/nanodet.json --lowering --keep',
    ],
    async run(context, options, models) {
      const { lowering, keep = false, ...request } = options;
      if (lowering) {
        const { benchForms } = await import('../benchForms.js');
        await benchForms(context, { ...request, models, keep });
        return;
      }
      if (keep) throw new AgentError('usage', 'expected --lowering with --keep');
      const { benchModels } = await import('../benchModels.js');
      await benchModels(context, { ...request, models });
    },
  });
}
