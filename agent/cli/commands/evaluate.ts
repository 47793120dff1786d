import { type Command, Option } from 'commander';
import type { ThreadSetting } from '../../engines/threadTimes.js';
import { addCommand } from '../command.js';
import { engineOption, integer, servingThreadsOption } from '../options.js';

interface EvaluateOptions {
  readonly images: string;
  readonly annotations: string;
  readonly engine: string;
  readonly threads: ThreadSetting;
  readonly limit?: number;
}

export function registerEvaluate(program: Command): void {
  addCommand<EvaluateOptions, [model: string]>(program, {
    usage: 'evaluate <model>',
    summary: 'COCO mAP and latency on labelled images, in the session that would serve',
    arguments: { model: 'manifest, model folder or name in the store' },
    options: [
      new Option('--images <dir>', 'folder of the annotated images').makeOptionMandatory(),
      new Option('--annotations <file>', 'COCO detection file').makeOptionMandatory(),
      engineOption(),
      servingThreadsOption(),
      new Option('--limit <n>', 'only the first images of the annotation file').argParser(
        integer({ min: 1, max: 1e9 }),
      ),
    ],
    examples: ['detptq evaluate nanodet.json --images val2017 --annotations instances_val2017.json'],
    async run(context, options, model) {
      const { evaluateModel } = await import('../evaluateModel.js');
      await evaluateModel(context, { ...options, model });
    },
  });
}
