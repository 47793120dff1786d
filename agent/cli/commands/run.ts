import { type Command, Option } from 'commander';
import { addCommand } from '../command.js';
import { settings } from '../options.js';

interface RunOptions {
  readonly config?: string;
  readonly set?: Readonly<Record<string, string>>;
}

export function registerRun(program: Command): void {
  addCommand<RunOptions, []>(program, {
    usage: 'run',
    summary:
      'start the agent: serve, report over MQTT and take commands until it is stopped; with nothing configured, the demo',
    options: [
      new Option('--config <file>', 'YAML file; default DETPTQ_CONFIG, else detptq.yaml if present'),
      new Option('--set <key=value>', 'one key of the configuration; may be given again').argParser(settings),
    ],
    examples: [
      'detptq run',
      'detptq run --set model.path=nanodet.json --set camera.source=frames --set http.port=8081',
    ],
    async run(context, { config, set }) {
      const { runAgent } = await import('../runAgent.js');
      await runAgent(context, { file: config, ...(set && { flags: set }) });
    },
  });
}
