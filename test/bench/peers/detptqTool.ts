import { join } from 'node:path';
import { loadDetector } from '../../../runtime/detector/detector.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { projectRoot } from '../../helpers/paths.js';
import { runMeasured } from './measured.js';
import type { Tool } from './tool.js';

/** This project's own `detptq quantize`, in a process of its own as the others are. */
export const detptqTool: Tool = {
  id: 'detptq',
  label: 'detptq',
  weightBits: [8, 4],
  async quantize({ subject, draw, weightBits, folder, setting }) {
    const { python, engine, threads, recipe, calib } = setting;
    const out = join(folder, 'out');
    const options = {
      calib,
      out,
      recipe,
      threads,
      engine: engine.name,
      frames: draw.frames,
      seed: draw.seed,
      'weight-bits': weightBits,
    };
    const cost = await runMeasured(
      [
        process.execPath,
        join(projectRoot, 'dist/agent/cli.js'),
        'quantize',
        subject.manifestPath,
        '--quiet',
        ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
      ],
      { python, folder },
    );
    const files = await readModelFiles(out);
    return {
      ...cost,
      sizeBytes: files.manifest.model.sizeBytes,
      open: () => loadDetector(files, engine, { threads }),
    };
  },
};
