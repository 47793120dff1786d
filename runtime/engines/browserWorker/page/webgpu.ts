import { AgentError } from '../../../errors.js';
import { loadOnnxruntime, onnxruntimeVersion } from './onnxruntimeWeb.js';
import type { PageBackend } from './pageBackend.js';

/** The parts of WebGPU (https://www.w3.org/TR/webgpu) that TypeScript's DOM library lacks. */
interface Gpu {
  requestAdapter(): Promise<{
    readonly info: {
      readonly vendor: string;
      readonly architecture: string;
      readonly isFallbackAdapter?: boolean;
    };
  } | null>;
}

/** onnxruntime-web's WebGPU provider. Quantized values are simulated. */
export const webgpu: PageBackend = {
  async describe() {
    const { gpu } = navigator as { gpu?: Gpu };
    const adapter = await gpu?.requestAdapter();
    if (adapter === undefined || adapter === null) {
      throw new AgentError(
        'engine_unavailable',
        'the browser has no WebGPU adapter; mend: install a Vulkan driver',
      );
    }
    const { vendor, architecture, isFallbackAdapter = false } = adapter.info;
    return {
      libraryVersion: onnxruntimeVersion,
      device: [vendor, architecture].filter(Boolean).join(' '),
      software: isFallbackAdapter || architecture === 'swiftshader',
    };
  },
  load: (model, optimization) => loadOnnxruntime(model, { provider: 'webgpu', optimization }),
};
