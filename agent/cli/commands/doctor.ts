import { type Command, Option } from 'commander';
import { addCommand } from '../command.js';

export function registerDoctor(program: Command): void {
  addCommand<{ readonly config?: string }, []>(program, {
    usage: 'doctor',
    summary: 'what this device can do: cores, memory, engines and their speed, camera, broker, disk, clock',
    options: [new Option('--config <file>', 'YAML file; default DETPTQ_CONFIG, else detptq.yaml if present')],
    examples: ['detptq doctor', 'detptq doctor --json'],
    async run(context, { config }) {
      const { examine } = await import('../doctor/examine.js');
      await examine(context, config);
    },
  });
}
