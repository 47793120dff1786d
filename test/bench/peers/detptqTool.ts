import { join } from 'node:path';
import { loadDetector } from '../../../runtime/detector/detector.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { projectRoot } from '../../helpers/paths.js';
import { runMeasured } from './measured.js';
import type { Tool } from './tool.js';

/** This project's own `detptq quantize`, in a process of its own as the others are. */
export const detptqTool = tool({ id: 'detptq', label: 'detptq', weightBits: [8, 4] });

/** The same, with up to a fifth of the low-bit layers at 8 bits. */
export const detptqMixedTool = tool(
  { id: 'detptq-mixed', label: 'detptq, 20 % of the layers at 8 bits', weightBits: [4] },
  { 'low-bit-share': 0.8 },
);

function tool(identity: Pick<Tool, 'id' | 'label' | 'weightBits'>, extra = {}): Tool {
  return { ...identity, quantize: (job) => quantize(job, extra) };
}

async function quantize(
  { subject, draw, weightBits, folder, setting }: Parameters<Tool['quantize']>[0],
  extra: Readonly<Record<string, number>>,
): ReturnType<Tool['quantize']> {
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
    ...extra,
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
    open: () => loadDetector(files, engine, { threads, lowering: {} }),
  };
}
