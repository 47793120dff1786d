import { type Command, Option } from 'commander';
import { addCommand } from '../command.js';
import { imageSize, manifestSettings } from '../options.js';
import { bitsText, summaryLine } from '../storedModelSummary.js';

export function registerModels(program: Command): void {
  const models = program.command('models').description('the local store of detectors');
  registerAdd(models);
  registerList(models);
  registerShow(models);
  registerRemove(models);
  registerExport(models);
}

interface AddOptions {
  readonly manifest?: string;
  readonly set?: ReadonlyMap<string, string>;
  readonly inputSize?: { readonly height: number; readonly width: number };
  readonly labels?: string;
  readonly try?: string;
}

function registerAdd(models: Command): void {
  addCommand<AddOptions, [file: string]>(models, {
    usage: 'add <file>',
    summary: 'store a detector; a manifest for weights that come without one is made out from them',
    arguments: { file: 'its .onnx file, or its manifest' },
    options: [
      new Option('--manifest <file>', 'manifest of the .onnx file, where there is one'),
      new Option(
        '--set <key=value>',
        'a value of the manifest, e.g. input.color=BGR; may be repeated',
      ).argParser(manifestSettings),
      new Option(
        '--input-size <HxW>',
        'height and width in pixels, for a model that leaves them open',
      ).argParser(imageSize),
      new Option('--labels <file>', 'class names, one a line, or coco80'),
      new Option('--try <image>', 'detect in this picture and write it, with boxes, to the working folder'),
    ],
    examples: [
      'detptq models add yolo11n.onnx --try photo.jpg',
      'detptq models add yolov8n-dynamic.onnx --input-size 480x640',
      'detptq models add custom.onnx --labels names.txt --set input.color=BGR',
      'detptq models add nanodet.json',
    ],
    async run({ output }, { manifest, set, inputSize, labels, try: tryImage }, file) {
      const { addModel } = await import('../addModel.js');
      const { addedModelText } = await import('../addedModelText.js');
      const added = await addModel({
        file,
        settings: set ?? new Map(),
        ...(manifest !== undefined && { manifest }),
        ...(inputSize && { inputSize }),
        ...(labels !== undefined && { labels }),
        ...(tryImage !== undefined && { tryImage }),
      });
      output.result(added, () => addedModelText(added));
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
      output.result(shown, () => `${summaryLine(shown)}\n${JSON.stringify(shown.manifest, null, 2)}`);
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
      output.result(removed, () => `removed ${summaryLine(removed)}`);
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
