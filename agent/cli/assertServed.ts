import type { ModelFiles } from '../../runtime/detector/modelFiles.js';
import type { Engine } from '../../runtime/engines/engine.js';
import { AgentError, toAgentError } from '../../runtime/errors.js';
import type { EngineOrder } from '../engines/engineOrder.js';
import { trialDetector } from '../engines/trialDetector.js';

/**
 * Finds out before a search, which takes hours on a small box, whether the engine that alone is to serve runs the detector when
 * it is quantized: on rough grids, for what an engine refuses does not depend on them. Where several may serve, or the
 * detector cannot be quantized at all, there is nothing to find out.
 *
 * @param search the engine that searches
 * @throws AgentError what the engine refuses the quantized detector with
 */
export async function assertServed(
  files: ModelFiles,
  { serving: [alone, ...others], search }: { readonly serving: EngineOrder; readonly search: Engine },
): Promise<void> {
  if (others.length > 0 || alone.engine === search) return;
  const { quantized } = await trialDetector(files, search);
  if (quantized === null) return;
  const { engine, threads } = alone;
  try {
    const session = await engine.load(quantized, { threads });
    await session.dispose();
  } catch (cause) {
    const { code, message, detail } = toAgentError(cause);
    const { name } = files.manifest;
    throw new AgentError(
      code,
      `${engine.name}, which is to serve, does not run ${name} quantized: ${message}; mend: --serving-engine auto, which finds one that does`,
      { cause, detail },
    );
  }
}
