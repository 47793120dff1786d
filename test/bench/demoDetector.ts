/**
 * Prints what quantization does to the demo detector, on the synthetic camera alone, so that anyone can rerun it: the
 * controls at W8A8, W4A8 and W4A4, there with some of the layers at 8 bits as well, on 500 labelled frames of both sites, calibrated on other cameras of both; then on 250
 * frames of the hall, calibrated at the hall and at the wrong site, the yard.
 *
 *     node dist/test/bench/demoDetector.js [--frames 32] [--recipe balanced] [--work FOLDER]
 *
 * The frames are rendered into FOLDER first and found there the next time.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { projectRoot } from '../helpers/paths.js';

const { values: options } = parseArgs({
  options: {
    frames: { type: 'string', default: '32' },
    recipe: { type: 'string', default: 'balanced' },
    work: { type: 'string', default: join(tmpdir(), 'detptq-demo-bench') },
    model: { type: 'string', default: join(projectRoot, 'deploy/demo-model/model/demo-retinanet.json') },
  },
});

function run(script: string, args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${script} ended with ${status}`);
}

/** Renders a set of frames, every few from another camera, unless it is there. */
function rendered(set: string, args: readonly string[]): string {
  const folder = join(options.work, set);
  if (!existsSync(join(folder, 'annotations.json'))) {
    run(join(projectRoot, 'dist/deploy/demo-model/writeFrames.js'), ['--out', folder, ...args]);
  }
  return folder;
}

function controls(calib: string, evaluation: string, bits: string): void {
  run(fileURLToPath(new URL('./controls.js', import.meta.url)), [
    ...[
      '--bits',
      bits,
      '--frames',
      options.frames,
      '--recipe',
      options.recipe,
      '--seed',
      '1',
      '--limit',
      '500',
    ],
    ...['--calib', join(calib, 'images'), '--images', join(evaluation, 'images')],
    ...['--annotations', join(evaluation, 'annotations.json'), options.model],
  ]);
}

const both = rendered('evaluation', ['--seed', '900', '--count', '500']);
const calibration = rendered('calibration', ['--seed', '702', '--count', '64', '--per-camera', '4']);
controls(calibration, both, '8/8,4/8,4/4,4/4/0.9,4/4/0.8,4/4/0.6,4/4/0.4');

const hall = rendered('evaluation-hall', ['--site', 'hall', '--seed', '901', '--count', '250']);
for (const site of ['hall', 'yard']) {
  console.log(`\nEvaluated on the hall, calibrated on the ${site}:`);
  controls(
    rendered(`calibration-${site}`, ['--site', site, '--seed', '703', '--count', '64', '--per-camera', '4']),
    hall,
    '8/8,4/4',
  );
}
