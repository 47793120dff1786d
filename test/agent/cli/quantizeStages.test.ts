import test from 'ava';
import { document, runCli } from '../../helpers/cli.js';
import { folderOf } from '../../helpers/frameFolders.js';
import { pyramidDetector, pyramidFrames } from '../../helpers/pyramidDetector.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { writtenDetector } from '../../helpers/writtenDetector.js';

interface Report {
  readonly controls: { readonly perLayerP: object | null };
  readonly layers: readonly { readonly weightBits: number }[];
}

async function reportOf(...flags: readonly string[]): Promise<Report> {
  const model = await writtenDetector(pyramidDetector());
  const frames = await pyramidFrames(4);
  const calib = await folderOf(Object.fromEntries(frames.map(({ name, bytes }) => [name, bytes])));
  const out = tempFolder();
  const args = [
    'quantize',
    model,
    '--calib',
    calib,
    '--out',
    out,
    '--frames',
    '2',
    '--threads',
    '1',
    '--json',
  ];
  return document<Report>(await runCli([...args, ...flags]));
}

test('--without leaves a stage of the recipe out', async (t) => {
  t.not((await reportOf()).controls.perLayerP, null);
  t.is((await reportOf('--without', 'moments,perlayer')).controls.perLayerP, null);
});

test('--low-bit-share bounds how many of the low-bit layers are widened', async (t) => {
  const flags = ['--recipe', 'fast', '--weight-bits', '4'];
  const lowBit = ({ layers }: Report) => layers.filter(({ weightBits }) => weightBits === 4).length;
  const all = lowBit(await reportOf(...flags));
  const most = lowBit(await reportOf(...flags, '--low-bit-share', '0.5'));
  t.true(all > 0);
  t.true(most >= all / 2 && most <= all, `${most} of ${all}`);
});
