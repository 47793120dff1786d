import { type Command, Option } from 'commander';
import type { ThreadSetting } from '../../engines/threadTimes.js';
import { addCommand } from '../command.js';
import { engineOption, ratio, servingThreadsOption } from '../options.js';

interface DetectOptions {
  readonly annotate?: string;
  readonly scoreThreshold?: number;
  readonly engine: string;
  readonly threads: ThreadSetting;
}

export function registerDetect(program: Command): void {
  addCommand<DetectOptions, [model: string, images: readonly string[]]>(program, {
    usage: 'detect <model> <images...>',
    summary: 'detections in images, and pictures with boxes',
    arguments: { model: 'manifest, model folder or name in the store', images: 'JPEG, PNG or WebP files' },
    options: [
      new Option('--annotate <dir>', 'write DIR/<image>.jpg with boxes and labels'),
      new Option(
        '--score-threshold <s>',
        "least score, 0..1; default the manifest's with --json, 0.3 for people and pictures",
      ).argParser(ratio),
      engineOption(),
      servingThreadsOption(),
    ],
    examples: [
      'detptq detect nanodet.json photo.jpg --annotate out',
      'detptq detect nanodet-plus-m_416 *.jpg --json --score-threshold 0.5',
    ],
    async run(context, options, model, images) {
      const { detectImages } = await import('../detectImages.js');
      await detectImages(context, { ...options, model, images });
    },
  });
}
