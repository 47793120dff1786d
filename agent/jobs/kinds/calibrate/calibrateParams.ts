import type { z } from 'zod';
import { calibrationSchema } from '../../../config/configSchema.js';
import type { CalibrationConfig } from '../../../config.js';
import { parseParamsAs } from '../../params.js';

// Unknown parameters are ignored, as the protocol has it; an unknown gate is refused, lest it be passed unseen.
const schema = calibrationSchema
  .pick({
    frames: true,
    heldOut: true,
    recipe: true,
    weightBits: true,
    activationBits: true,
    lowBitShare: true,
    seed: true,
    gates: true,
  })
  .strip();

/** What one calibration works with. */
export type CalibrateParams = Readonly<z.infer<typeof schema>>;

/**
 * Returns the parameters of a `calibrate` command; each that it leaves out is the configured one.
 *
 * @throws AgentError `command_malformed`, naming the parameter
 */
export function parseCalibrateParams(
  params: Readonly<Record<string, unknown>>,
  configured: CalibrationConfig,
): CalibrateParams {
  const { gates = {} } = params;
  const merged = typeof gates === 'object' ? { ...configured.gates, ...gates } : gates;
  return parseParamsAs(schema, { ...configured, ...params, gates: merged });
}
