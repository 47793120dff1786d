import { findLibrary } from '../../runtime/engines/litert/library/findLibrary.js';
import { hostProblem } from '../../runtime/engines/litert/library/host.js';

/** Returns what to tell an operator who has not installed LiteRT where it would run; undefined where it is, or would not. */
export async function litertHint(): Promise<string | undefined> {
  if (hostProblem() !== undefined) return undefined;
  const isInstalled = await findLibrary().then(
    () => true,
    () => false,
  );
  if (isInstalled) return undefined;
  return 'serving with onnxruntime; LiteRT may be faster here: detptq engines install litert, then detptq doctor';
}
