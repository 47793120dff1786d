import { type Command, Option } from 'commander';
import { type Recipe, recipes } from '../../../calibrate/detptq/recipe.js';
import { addCommand } from '../command.js';
import { integer, settings } from '../options.js';

interface DemoCommandOptions {
  readonly keep?: boolean;
  readonly seed: number;
  readonly recipe: Recipe;
  readonly frames: number;
  readonly pictures?: string;
  readonly set?: Readonly<Record<string, string>>;
}

export function registerDemo(program: Command): void {
  addCommand<DemoCommandOptions, []>(program, {
    usage: 'demo',
    summary:
      'the whole loop once, told step by step: a detector is re-quantized and swapped in while clients use it',
    options: [
      new Option('--keep', 'go on serving at the end, until Ctrl-C'),
      new Option('--seed <n>', 'chooses the place that the rendered camera shows')
        .argParser(integer({ min: 0, max: 0xffffffff }))
        .default(1),
      new Option('--recipe <name>', 'how thoroughly to search').choices([...recipes]).default('balanced'),
      new Option('--frames <n>', 'pictures that the search sees')
        .argParser(integer({ min: 1, max: 4096 }))
        .default(8),
      new Option('--pictures <dir>', 'folder for the annotated pictures; default a temporary one'),
      new Option('--set <key=value>', "one key of the agent's configuration; may be given again").argParser(
        settings,
      ),
    ],
    examples: ['detptq demo', 'detptq demo --keep', 'detptq demo --recipe fast --pictures out --json'],
    async run(context, { keep = false, set, ...request }) {
      const { tellDemo } = await import('../tellDemo.js');
      await tellDemo(context, { ...request, keep, ...(set && { settings: set }) });
    },
  });
}
