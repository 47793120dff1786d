import { type Command, Option } from 'commander';
import { addCommand } from '../command.js';

export function registerEngines(program: Command): void {
  const engines = program
    .command('engines')
    .description('what runs detectors, and what can be installed for that');
  registerList(engines);
  registerInstall(engines);
  registerRemove(engines);
}

function registerList(engines: Command): void {
  addCommand<object, []>(engines, {
    usage: 'list',
    summary: 'every engine, and whether it works here',
    examples: ['detptq engines list'],
    async run({ output }) {
      const { listEngines } = await import('../listEngines.js');
      const { tableText } = await import('../table.js');
      const listed = await listEngines();
      output.result(listed, () =>
        tableText(
          [
            ['engine', 'left'],
            ['version', 'left'],
            ['int8', 'left'],
            ['', 'left'],
          ],
          listed.map(({ name, version, int8, available, reason, note }) => [
            name,
            version ?? '-',
            int8,
            available ? (note ?? 'works') : `does not work: ${reason}`,
          ]),
        ),
      );
    },
  });
}

function registerInstall(engines: Command): void {
  addCommand<{ readonly from?: string }, [engine: string]>(engines, {
    usage: 'install <engine>',
    summary:
      "fetch an engine's library with the pip of this machine, check it and keep it in the state folder",
    arguments: { engine: 'litert' },
    options: [
      new Option('--from <file>', 'its wheel (.whl) or library (.so), for a machine without network'),
    ],
    examples: ['detptq engines install litert', 'detptq engines install litert --from libLiteRt.so'],
    async run({ output, signal }, { from }, engine) {
      const { installEngine } = await import('../installEngine.js');
      const installed = await installEngine(engine, { signal, ...(from !== undefined && { from }) });
      output.result(installed, () => {
        const { name, version, path, sizeBytes } = installed;
        return `${name} ${version} works: ${path}, ${(sizeBytes / 1e6).toFixed(1)} MB`;
      });
    },
  });
}

function registerRemove(engines: Command): void {
  addCommand<object, [engine: string]>(engines, {
    usage: 'remove <engine>',
    summary: "remove an engine's library from the state folder",
    arguments: { engine: 'litert' },
    examples: ['detptq engines remove litert'],
    async run({ output }, _options, engine) {
      const { removeEngine } = await import('../installEngine.js');
      const removed = await removeEngine(engine);
      output.result(removed, () =>
        removed.wasThere ? `removed ${removed.path}` : `${engine} was not installed`,
      );
    },
  });
}
