import { type Command, Option } from 'commander';
import { addCommand } from '../command.js';
import type { LocalConfig } from '../localConfig.js';

interface ConfigOptions {
  readonly config?: string;
  readonly schema?: boolean;
}

export function registerConfig(program: Command): void {
  addCommand<ConfigOptions, []>(program, {
    usage: 'config',
    summary: 'the effective configuration and where each value came from, or its JSON Schema',
    options: [
      new Option('--config <file>', 'YAML file; default DETPTQ_CONFIG, else detptq.yaml if present'),
      new Option('--schema', 'the JSON Schema of the file instead'),
    ],
    examples: ['detptq config --config detptq.yaml', 'detptq config --schema > detptq.schema.json'],
    async run({ output }, { config: file, schema }) {
      if (schema) {
        const { configJsonSchema } = await import('../../config.js');
        const document = configJsonSchema();
        output.result(document, () => JSON.stringify(document, null, 2));
        return;
      }
      const { loadLocalConfig } = await import('../localConfig.js');
      const { masked } = await import('../masked.js');
      const { localStatePaths } = await import('../localState.js');
      const effective = masked(await loadLocalConfig({ file }));
      const document = { ...effective, stateFolder: localStatePaths().root };
      const { tableText } = await import('../table.js');
      output.result(document, () => {
        const rows = leaves(effective).map(([key, value, origin]) => [key, value, origin]);
        const table = tableText(
          [
            ['key', 'left'],
            ['value', 'left'],
            ['from', 'left'],
          ],
          rows,
        );
        return `${table}\n\nstate folder: ${document.stateFolder}`;
      });
    },
  });
}

function leaves({ config, origins }: LocalConfig): [key: string, value: string, origin: string][] {
  return Object.entries(origins).map(([path, origin]) => {
    const value = path
      .split('.')
      .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], config);
    return [path, value === undefined ? '-' : String(value), origin];
  });
}
