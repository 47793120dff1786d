import { type Command, Option } from 'commander';
import type { ThreadSetting } from '../../engines/threadTimes.js';
import { addCommand } from '../command.js';
import { engineOption, integer, ratio, servingThreadsOption } from '../options.js';

interface AgreementOptions {
  readonly reference: string;
  readonly images: string;
  readonly scoreThreshold: number;
  readonly engine: string;
  readonly threads: ThreadSetting;
  readonly limit?: number;
}

export function registerAgreement(program: Command): void {
  addCommand<AgreementOptions, [model: string]>(program, {
    usage: 'agreement <model>',
    summary: 'how far a detector agrees with its float model, without labels',
    arguments: { model: 'manifest, model folder or name in the store' },
    options: [
      new Option('--reference <floatmodel>', 'the float model').makeOptionMandatory(),
      new Option('--images <dir>', 'folder of images that took no part in calibration').makeOptionMandatory(),
      new Option('--score-threshold <s>', 'score from which detections are used where the model is deployed')
        .argParser(ratio)
        .default(0.3),
      engineOption(),
      servingThreadsOption(),
      new Option('--limit <n>', 'only the first images by name').argParser(integer({ min: 1, max: 1e9 })),
    ],
    examples: ['detptq agreement out/nanodet.json --reference nanodet.json --images frames'],
    async run(context, options, model) {
      const { measureAgreement } = await import('../measureAgreement.js');
      await measureAgreement(context, { ...options, model });
    },
  });
}
