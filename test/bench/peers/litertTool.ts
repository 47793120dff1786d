import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Detector } from '../../../runtime/detector/detector.js';
import { createHead } from '../../../runtime/detector/heads/createHead.js';
import { writeModel } from '../../../runtime/engines/litert/writeModel.js';
import { encodeModel } from '../../../runtime/engines/litert/writtenModel.js';
import { ServingSession } from '../../../runtime/engines/onnxruntime/lowered/servingSession.js';
import { runMeasured, script } from './measured.js';
import { PipeSession } from './pipeSession.js';
import type { Subject } from './subject.js';
import type { Tool } from './tool.js';

/**
 * LiteRT's own quantizer, static, 8 bits, on the float .tflite file of this project: it reads no ONNX. LiteRT runs the result. The file
 * leaves outputs in pieces, so that scores and boxes, which the network joins, have scales of their own.
 */
export const litertTool: Tool = {
  id: 'litert',
  label: "LiteRT's quantizer, in LiteRT",
  weightBits: [8],
  async quantize(request) {
    const { subject, draw, folder, setting } = request;
    const { manifest, graph } = subject.files;
    const [float, path] = [join(folder, 'float.tflite'), join(folder, 'model.tflite')];
    await writeFile(float, encodeModel(writeModel(graph)).bytes);
    const command = [setting.python, script('quantize_litert.py'), float, draw.inputsFile, path];
    const cost = await runMeasured(command, { python: setting.python, folder });
    return {
      ...cost,
      sizeBytes: (await stat(path)).size,
      async open() {
        const session = await PipeSession.start(
          setting.python,
          litertServer(path, { subject, threads: setting.threads }),
        );
        const surface = { codes: {}, outputs: writeModel(graph).surface.outputs };
        const joined = new ServingSession(session, { surface, note: '' });
        return new Detector(manifest, createHead(manifest, graph), joined);
      },
    };
  },
};

/** Returns what serves a .tflite file of a detector at the end of a pipe, its outputs by the names of their pieces. */
export function litertServer(
  path: string,
  { subject: { files }, threads }: { readonly subject: Subject; readonly threads: number },
): string[] {
  const { graph, manifest } = files;
  const outputs: string[] = [];
  for (const [name, { source }] of writeModel(graph).surface.made) {
    if ('output' in source) outputs[source.output] = name;
  }
  return [script('serve_litert.py'), path, String(threads), manifest.input.name, JSON.stringify(outputs)];
}
