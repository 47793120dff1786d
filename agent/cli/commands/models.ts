import { type Command, Option } from 'commander';
import { addCommand } from '../command.js';
import { bitsText, type StoredModelSummary } from '../storedModelSummary.js';

export function registerModels(program: Command): void {
  const models = program.command('models').description('the local store of detectors');
  registerAdd(models);
  registerList(models);
  registerShow(models);
  registerRemove(models);
  registerExport(models);
}

function registerAdd(models: Command): void {
  addCommand<{ readonly manifest?: string }, [file: string]>(models, {
    usage: 'add <file>',
    summary: 'store a detector',
    arguments: { file: 'its .onnx file, with --manifest, or its manifest' },
    options: [new Option('--manifest <file>', 'manifest of an .onnx file')],
    examples: ['detptq models add nanodet.json', 'detptq models add nanodet.onnx --manifest nanodet.json'],
    async run({ output }, { manifest }, file) {
      const { addModel } = await import('../modelCommands.js');
      const summary = await addModel(file, manifest);
      output.result(summary, () => `${line(summary)}\n${summary.folder}`);
    },
  });
}

function registerList(models: Command): void {
  addCommand<object, []>(models, {
    usage: 'list',
    summary: 'every stored detector',
    examples: ['detptq models list'],
    async run({ output }) {
      const { listModels } = await import('../modelCommands.js');
      const { tableText } = await import('../table.js');
      const { summaries, problems } = await listModels();
      for (const problem of problems) output.note(`warning: ${problem.message}`);
      output.result(summaries, () => {
        if (summaries.length === 0) return 'The store is empty. Add a detector with: detptq models add FILE';
        return tableText(
          [
            ['name', 'left'],
            ['version', 'right'],
            ['digest', 'left'],
            ['head', 'left'],
            ['bits', 'left'],
            ['input', 'right'],
            ['MB', 'right'],
            ['role', 'left'],
          ],
          summaries.map((model) => [
            model.name,
            model.version,
            model.digest.slice(0, 12),
            model.head,
            bitsText(model.bits),
            model.inputSize.join('x'),
            (model.sizeBytes / 1e6).toFixed(2),
            model.role ?? '-',
          ]),
        );
      });
    },
  });
}

function registerShow(models: Command): void {
  addCommand<object, [model: string]>(models, {
    usage: 'show <model>',
    summary: 'one stored detector with its manifest',
    arguments: { model: 'name, name@version or at least 4 digits of the digest' },
    examples: ['detptq models show nanodet-plus-m_416'],
    async run({ output }, _options, model) {
      const { showModel } = await import('../modelCommands.js');
      const shown = await showModel(model);
      output.result(shown, () => `${line(shown)}\n${JSON.stringify(shown.manifest, null, 2)}`);
    },
  });
}

function registerRemove(models: Command): void {
  addCommand<object, [model: string]>(models, {
    usage: 'remove <model>',
    summary: 'remove a detector that the agent does not use',
    arguments: { model: 'name, name@version or at least 4 digits of the digest' },
    examples: ['detptq models remove nanodet-plus-m_416@2'],
    async run({ output }, _options, model) {
      const { removeModel } = await import('../modelCommands.js');
      const removed = await removeModel(model);
      output.result(removed, () => `removed ${line(removed)}`);
    },
  });
}

function registerExport(models: Command): void {
  addCommand<{ readonly out: string }, [model: string]>(models, {
    usage: 'export <model>',
    summary: 'copy a detector out of the store: its weights, manifest and what else belongs to it',
    arguments: { model: 'name, name@version or at least 4 digits of the digest' },
    options: [new Option('--out <dir>', 'folder to copy to, made where missing').makeOptionMandatory()],
    examples: ['detptq models export nanodet-plus-m_416 --out /media/usb'],
    async run({ output }, { out }, model) {
      const { exportModel } = await import('../modelCommands.js');
      const exported = await exportModel(model, out);
      output.result(exported, () => exported.files.join('\n'));
    },
  });
}

function line(model: StoredModelSummary): string {
  const role = model.role === null ? '' : `, ${model.role}`;
  return `${model.name}@${model.version} (${model.digest.slice(0, 12)}, ${model.head}, ${bitsText(model.bits)}${role})`;
}
