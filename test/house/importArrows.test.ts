import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import test from 'ava';
import { projectRoot } from '../helpers/paths.js';

/** What the files of each folder may import of the project. */
const mayImport: Record<string, readonly string[]> = {
  runtime: ['runtime'],
  calibrate: ['calibrate', 'runtime'],
  agent: ['agent', 'calibrate', 'runtime'],
  deploy: ['deploy', 'agent', 'calibrate', 'runtime'],
};

/** Files of `calibrate` whose work is files, processes or hashes; its maths imports no node built-in. */
const shellOfCalibrate = [
  /^calibrate\/frames\//,
  /File\.ts$/,
  /^calibrate\/evaluate\/runEvaluation\.ts$/,
  /Digest\.ts$/,
];

const files = Object.keys(mayImport)
  .filter((folder) => existsSync(join(projectRoot, folder)))
  .flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(folder, path)),
  );

function importsOf(file: string): string[] {
  const text = readFileSync(join(projectRoot, file), 'utf8');
  const pattern = /(?:from|import)\s*\(?\s*'([^']+)'/g;
  return [...text.matchAll(pattern)].map((match) => match[1]!);
}

test('imports run one way only: deploy -> agent -> calibrate -> runtime', (t) => {
  t.true(files.length > 100);
  for (const file of files) {
    const allowed = mayImport[file.split('/')[0]!]!;
    for (const target of importsOf(file).filter((specifier) => specifier.startsWith('.'))) {
      const folder = relative(projectRoot, resolve(projectRoot, file, '..', target)).split('/')[0]!;
      t.true(allowed.includes(folder), `${file} imports ${target}`);
    }
  }
});

/** What the rooms of `calibrate` may import of each other. */
const roomsBelow: Record<string, readonly string[]> = {
  quantize: [],
  workbench: ['quantize'],
  search: ['workbench', 'quantize'],
  stages: ['search', 'workbench', 'quantize'],
};

test('the rooms of calibrate stand on each other: quantize <- workbench <- search <- stages <- detptq', (t) => {
  const rooms = [...Object.keys(roomsBelow), 'detptq'];
  for (const [room, below] of Object.entries(roomsBelow)) {
    for (const file of files.filter((file) => file.startsWith(`calibrate/${room}/`))) {
      for (const target of importsOf(file)) {
        const imported = resolve(projectRoot, file, '..', target).split('/').at(-2)!;
        const isAllowed = imported === room || below.includes(imported) || !rooms.includes(imported);
        t.true(isAllowed, `${file} imports ${target}`);
      }
    }
  }
});

test('relative imports name compiled files', (t) => {
  for (const file of files) {
    for (const target of importsOf(file).filter((specifier) => specifier.startsWith('.'))) {
      t.regex(target, /\.js(on)?$/, `${file} imports ${target}`);
    }
  }
});

test("the maths of calibrate imports no node built-in, and nothing of runtime's engines but their contract", (t) => {
  const maths = files.filter(
    (file) => file.startsWith('calibrate/') && !shellOfCalibrate.some((shell) => shell.test(file)),
  );
  t.true(maths.length > 30);
  for (const file of maths) {
    for (const target of importsOf(file)) {
      t.false(target.startsWith('node:'), `${file} imports ${target}`);
      t.false(/engines\/(?!engine\.js)/.test(target), `${file} imports ${target}`);
    }
  }
});
