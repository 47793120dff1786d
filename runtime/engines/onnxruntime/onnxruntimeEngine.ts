import { toAgentError } from '../../errors.js';
import { isQuantized } from '../../graph/isQuantized.js';
import { encodeOnnx } from '../../graph/onnxCodec.js';
import type { Engine, EngineProbe, Session } from '../engine.js';
import { knownForms } from '../loweringForms.js';
import { probeGraph } from '../probeGraph.js';
import { loadInThread } from '../threaded/loadInThread.js';
import { kernelForms } from './integer/kernelChoices.js';
import { loadLowered } from './lowered/loadLowered.js';
import { loweredForms } from './lowered/loweredForms.js';
import { createSession, importOnnxruntime, versionOf } from './nativeLibrary.js';
import { productSumsSaturate } from './productSums.js';
import { disableTelemetry } from './quiet.js';
import { unsignWeights } from './unsignWeights.js';
import { widenInt4 } from './widenInt4.js';

disableTelemetry();

/**
 * onnxruntime on the CPU: float32 and int8 in integers. Quantized graphs are given to it as they are, apart from
 * 4-bit weights, which are widened to 8 bits, from the sign of weights where products of signed ones saturate, and, where
 * `lowering` allows it, from the rewriting to its own integer operators.
 */
export const onnxruntimeEngine: Engine = {
  name: 'onnxruntime',
  int8: 'executed',
  takesThreads: true,
  get forms() {
    return loweredForms();
  },

  async probe(): Promise<EngineProbe> {
    try {
      const ort = await importOnnxruntime();
      const session = await this.load(probeGraph);
      await session.run({ x: { dtype: 'float32', dims: [1], data: new Float32Array(1) } });
      await session.dispose();
      const note = 'without VNNI, weights of 8 bits run on slower kernels than those of 7 bits and fewer';
      return { available: true, version: versionOf(ort), ...(productSumsSaturate() && { note }) };
    } catch (error) {
      return { available: false, reason: toAgentError(error).message };
    }
  },

  async load(graph, options = {}): Promise<Session> {
    if (options.thread === 'own') return loadInThread(this.name, graph, options);
    const wide = widenInt4(graph);
    const onnx = encodeOnnx(productSumsSaturate() ? unsignWeights(wide) : wide);
    const load = (bytes: Uint8Array) => createSession(bytes, graph, options);
    const { lowering, threads = 1 } = options;
    if (lowering === undefined || !isQuantized(graph)) return load(onnx);
    const { cacheFolder, chosen = {} } = lowering;
    return loadLowered(wide, onnx, {
      ...(cacheFolder !== undefined && { cacheFolder }),
      engineVersion: versionOf(await importOnnxruntime()),
      ...{ threads, chosen: knownForms(kernelForms(), chosen[this.name]), load },
    });
  },
};
