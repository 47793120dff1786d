import { AgentError } from '../../errors.js';
import type { LitertLibrary } from './native/bindings.js';
import { CompiledModel } from './native/compiledModel.js';
import { encodeTflite } from './tflite/encodeTflite.js';
import type { TfliteModel, TfliteOperator } from './tflite/tfliteModel.js';

/** Returns the error for a model of which XNNPACK does not run all: it names the first operator that it does not run. */
export async function refusedOperator(library: LitertLibrary, model: TfliteModel): Promise<AgentError> {
  const operator = await firstRefused(library, model);
  const { label, name } = operator ?? { label: 'an operator', name: 'not found' };
  return new AgentError('op_unsupported', `LiteRT's XNNPACK does not run ${label} (${name})`, {
    detail: { where: label, got: name },
  });
}

async function firstRefused(library: LitertLibrary, model: TfliteModel): Promise<TfliteOperator | undefined> {
  for (const operator of model.operators) if (!(await runsAlone(library, model, operator))) return operator;
  return undefined;
}

/** Whether XNNPACK runs the operator when it is all of the model. */
async function runsAlone(
  library: LitertLibrary,
  model: TfliteModel,
  operator: TfliteOperator,
): Promise<boolean> {
  const fed = operator.inputs.filter((index) => model.tensors[index]!.data === undefined);
  const alone = { ...model, operators: [operator], inputs: [...new Set(fed)], outputs: operator.outputs };
  const [inputs, outputs] = [alone.inputs, alone.outputs].map((indices) =>
    indices.map((index) => model.tensors[index]!),
  );
  try {
    const compiled = await CompiledModel.load(
      library,
      { bytes: encodeTflite(alone), inputs: inputs!, outputs: outputs! },
      1,
    );
    const isRun = compiled.isFullyAccelerated;
    compiled.dispose();
    return isRun;
  } catch {
    return false;
  }
}
