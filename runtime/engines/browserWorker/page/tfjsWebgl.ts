import '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import { AgentError } from '../../../errors.js';
import { decodeOnnx } from '../../../graph/onnxCodec.js';
import { compileGraph } from '../../tfjs/compileGraph.js';
import type { PageBackend } from './pageBackend.js';

/** TensorFlow.js on WebGL 2 with float32 textures. Quantized values are simulated. */
export const tfjsWebgl: PageBackend = {
  async describe() {
    const device = assertFloatTargets();
    await useWebgl();
    return {
      libraryVersion: tf.version_core,
      device,
      software: /llvmpipe|swiftshader|softpipe/i.test(device),
      numTensors: tf.memory().numTensors,
    };
  },

  async load(model) {
    await useWebgl();
    return compileGraph(tf, decodeOnnx(model));
  },
};

async function useWebgl(): Promise<void> {
  // Half floats would pass silently for floats where the device cannot draw to these.
  tf.env().set('WEBGL_FORCE_F16_TEXTURES', false);
  if (await tf.setBackend('webgl')) return;
  throw new AgentError('engine_unavailable', 'TensorFlow.js cannot set up its WebGL backend in this browser');
}

/** Returns the renderer's name. */
function assertFloatTargets(): string {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (gl === null) {
    throw new AgentError(
      'engine_unavailable',
      'the browser has no WebGL 2; mend: apt-get install libegl1 libgl1-mesa-dri',
    );
  }
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  const drawsFloats = gl.getExtension('EXT_color_buffer_float') !== null;
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  if (drawsFloats) return renderer;
  const message = `the renderer "${renderer}" cannot draw to float32 textures; mend: a driver with EXT_color_buffer_float`;
  throw new AgentError('engine_unavailable', message);
}
