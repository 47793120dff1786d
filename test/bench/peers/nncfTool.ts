import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Detector } from '../../../runtime/detector/detector.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { script } from './measured.js';
import { PipeSession } from './pipeSession.js';
import { runJob } from './pythonJob.js';
import type { Tool } from './tool.js';

/** NNCF's MIXED preset on the OpenVINO model, which OpenVINO runs. It has no 4-bit weights beside 8-bit activations. */
export const nncfTool: Tool = {
  id: 'nncf',
  label: 'NNCF MIXED, in OpenVINO',
  weightBits: [8],
  async quantize(request) {
    const { manifest, graph } = request.subject.files;
    const { python, threads } = request.setting;
    const topology = join(request.folder, 'model.xml');
    const weights = join(request.folder, 'model.bin');
    const cost = await runJob('quantize_nncf.py', request, {
      out: topology,
      floatNodes: request.subject.tail,
    });
    const sizes = await Promise.all([topology, weights].map(async (path) => (await stat(path)).size));
    return {
      ...cost,
      sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
      async open() {
        const command = [script('serve_openvino.py'), topology, String(threads)];
        const session = await PipeSession.start(python, command);
        return new Detector(manifest, createHead(manifest, graph), session);
      },
    };
  },
};
