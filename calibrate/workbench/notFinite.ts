import { AgentError } from '../../runtime/errors.js';

/** Returns the error for NaN or infinity in what the float network makes of a frame. */
export function notFinite(tensor: string, frame: string): AgentError {
  const message = `expected finite activations, got NaN or infinity in tensor ${tensor} on frame ${frame}`;
  return new AgentError('activations_not_finite', message, { detail: { where: tensor, frame } });
}
