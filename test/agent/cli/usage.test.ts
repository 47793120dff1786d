import test from 'ava';
import { document, printedError, runCli } from '../../helpers/cli.js';

const wrongLines: readonly (readonly [args: string[], says: RegExp])[] = [
  [[], /expected a command: run, demo, doctor, models/],
  [['models'], /expected a command: add, list, show, remove, export/],
  [['detct'], /unknown command 'detct' \(Did you mean detect\?\)/],
  [['detect', 'model.json'], /missing required argument 'images'/],
  [['config', '--shema'], /unknown option '--shema' \(Did you mean --schema\?\)/],
  [['evaluate', 'm.json', '--images', '.'], /'--annotations <file>' not specified/],
  [['evaluate', 'm.json', '--images', '.', '--annotations', 'a', '--limit', '0'], /whole number from 1 to/],
  [['bench', 'm.json', '--threads', '1,x'], /whole number from 1 to 256/],
  [['detect', 'm.json', 'i.jpg', '--score-threshold', '1.5'], /number from 0 to 1/],
  [['quantize', 'm.json', '--calib', '.', '--out', 'o', '--weight-bits', '9'], /whole number from 2 to 8/],
  [['quantize', 'm.json', '--calib', '.', '--out', 'o', '--recipe', 'slow'], /fast, balanced, thorough/],
  [['quantize', 'm.json', '--calib', '.', '--out', 'o', '--low-bit-share', '2'], /number from 0 to 1/],
  [
    ['quantize', 'm.json', '--calib', '.', '--out', 'o', '--without', 'moments,bias'],
    /moments.*, got "bias"/,
  ],
  [['run', '--set', 'http.port'], /Expected key=value/],
  [['run', '--set', 'mqtt.broker=mqtt://user:secret@host'], /belongs in a file or in the environment/],
  [['models', 'add', 'model.json', '--labels', 'coco80'], /expected an \.onnx file/],
  [['models', 'add', 'model.onnx', '--input-size', '0x640'], /Expected HEIGHTxWIDTH/],
  [['models', 'add', 'model.onnx', '--set', 'input.color'], /Expected key=value, e\.g\. input\.color=BGR/],
  [['detect', 'model.onnx', 'i.jpg'], /expected a manifest, got the weights model\.onnx/],
];

for (const [args, says] of wrongLines) {
  test(`"detptq ${args.join(' ')}" is wrong usage and ends with status 2`, async (t) => {
    const people = await runCli(args);
    t.is(people.status, 2);
    t.is(people.stdout, '');
    t.regex(people.stderr, says);
    t.regex(people.stderr, /code: +usage/);
  });
}

test('with --json a wrong line answers one JSON document, and nothing on stderr', async (t) => {
  const result = await runCli(['detect', 'model.json', '--json']);
  t.is(result.status, 2);
  t.is(result.stderr, '');
  t.deepEqual(printedError(result), {
    code: 'usage',
    message: "missing required argument 'images'",
    detail: { mend: 'detptq detect --help' },
  });
});

test('an engine that does not exist is wrong usage with a code of its own', async (t) => {
  const { tinyDetector } = await import('../../helpers/tinyDetector.js');
  const { manifest } = await tinyDetector();
  const result = await runCli(['bench', manifest, '--engine', 'abacus', '--json']);
  t.is(result.status, 2);
  t.is(printedError(result).code, 'engine_unknown');
});

const commands = [
  'run',
  'doctor',
  'models add',
  'models list',
  'models show',
  'models remove',
  'models export',
  'engines list',
  'engines install',
  'engines remove',
];
for (const command of [
  ...commands,
  'demo',
  'detect',
  'quantize',
  'evaluate',
  'agreement',
  'bench',
  'config',
]) {
  test(`"detptq ${command} --help" explains itself with an example`, async (t) => {
    const { status, stdout } = await runCli([...command.split(' '), '--help']);
    t.is(status, 0);
    t.regex(stdout, new RegExp(`Examples:\n  \\$ detptq ${command}`));
    t.regex(stdout, /--json/);
    t.regex(stdout, /--quiet/);
  });
}

test('--version prints the version of the package', async (t) => {
  const { status, stdout } = await runCli(['--version']);
  t.is(status, 0);
  t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('an error for people says what, where and its code, without colour when stderr is no terminal', async (t) => {
  const result = await runCli(['detect', './absent.json', 'i.jpg']);
  t.is(result.status, 1);
  t.is(
    result.stderr,
    'error: ./absent.json does not exist\n  where:    ./absent.json\n  code:     file_not_found\n',
  );
});

test('a model that the store lacks is an error that lists what it has', async (t) => {
  const result = await runCli(['detect', 'nanodet', 'i.jpg', '--json']);
  t.is(result.status, 1);
  t.like(document(result), { error: { code: 'model_not_found', detail: { got: 'nanodet', expected: [] } } });
});
