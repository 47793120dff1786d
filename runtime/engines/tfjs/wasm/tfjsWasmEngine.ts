import { tfjsEngine } from '../tfjsEngine.js';
import { wasmBackend } from './wasmBackend.js';

/**
 * TensorFlow.js on WebAssembly with SIMD, on one thread whatever `threads` asks for: TensorFlow.js 4.22 has none in Node.
 * Runs wherever Node does.
 */
export const tfjsWasmEngine = tfjsEngine({ name: 'tfjs-wasm', backend: wasmBackend });
