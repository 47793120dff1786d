import { AgentError, toAgentError } from '../../../errors.js';
import { encodeOnnx } from '../../../graph/onnxCodec.js';
import { probeGraph } from '../../probeGraph.js';
import type { LoadRequest } from '../messages.js';
import { loadOnnxruntime, onnxruntimeVersion } from './onnxruntimeWeb.js';
import type { PageBackend, PageSession } from './pageBackend.js';

type DeviceType = 'npu' | 'gpu' | 'cpu';

/** The part of WebNN (https://www.w3.org/TR/webnn) that is used here; TypeScript's DOM library lacks it. */
interface Ml {
  createContext(options: { readonly deviceType: DeviceType }): Promise<{ destroy?(): void }>;
}

/** Whatever the platform prefers where it is left to it. */
const deviceType: DeviceType = 'gpu';

/** onnxruntime-web's WebNN provider. */
export const webnn: PageBackend = {
  async describe() {
    const { ml } = navigator as { ml?: Ml };
    if (ml === undefined) {
      throw new AgentError(
        'engine_unavailable',
        'the browser has no WebNN; mend: a Chromium that is built with it',
      );
    }
    try {
      const context = await ml.createContext({ deviceType });
      context.destroy?.();
    } catch (cause) {
      const message = `the browser gives no WebNN context: ${toAgentError(cause).message}`;
      throw new AgentError('engine_unavailable', `${message}; mend: a Chromium that is built with it`, {
        cause,
      });
    }
    return { libraryVersion: onnxruntimeVersion, device: `WebNN ${deviceType}`, software: false };
  },
  async load(model, optimization) {
    try {
      return await loadWebnn(model, optimization);
    } catch (error) {
      // A load that fails leaves onnxruntime-web 1.30 in a state in which no session runs, until another load has worked.
      const probe = await loadWebnn(encodeOnnx(probeGraph), 'all');
      await probe.dispose();
      throw error;
    }
  },
};

function loadWebnn(model: Uint8Array, optimization: LoadRequest['optimization']): Promise<PageSession> {
  return loadOnnxruntime(model, { provider: { name: 'webnn', deviceType }, optimization });
}
