import { createHash } from 'node:crypto';
import { AgentError } from '../../../errors.js';
import type { Graph } from '../../../graph/graph.js';
import type { ChosenForms, LoweringForms, WrittenForm } from '../../loweringForms.js';
import { kernelForms } from '../integer/kernelChoices.js';
import { createSession } from '../nativeLibrary.js';
import { widenInt4 } from '../widenInt4.js';
import { lowerModel } from './loweredModel.js';
import { ServingSession } from './servingSession.js';

/** Returns the forms in which quantized graphs can be lowered for onnxruntime on this processor. */
export function loweredForms(): LoweringForms {
  return { choices: kernelForms(), write };
}

function write(graph: Graph, chosen: ChosenForms): WrittenForm {
  const model = lowerModel(widenInt4(graph), chosen);
  if ('refusal' in model) {
    throw new AgentError('op_unsupported', `onnxruntime runs the graph as it stands: ${model.refusal}`);
  }
  const { bytes, surface, extent } = model;
  return {
    digest: createHash('sha256').update(bytes).digest('hex'),
    async load(threads) {
      const session = await createSession(bytes, graph, { threads });
      return new ServingSession(session, { surface, note: `lowered to integer operators, ${extent}` });
    },
  };
}
