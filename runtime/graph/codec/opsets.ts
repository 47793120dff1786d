import { AgentError } from '../../errors.js';
import type { OperatorSetIdProto } from '../onnx.pb.js';
import { normalDomain } from './nodeCodec.js';

/** Standard operator sets that are read; 26 is the newest that onnxruntime 1.30 knows. */
const oldestOpset = 11;
const newestOpset = 26;
/** Newest version of the file format that onnxruntime 1.30 knows. */
const newestIrVersion = 13;

/** Returns operator set versions by domain; the standard domain is `''`, however the file spells it. */
export function decodeOpsets(imports: readonly OperatorSetIdProto[]): Map<string, number> {
  return new Map(imports.map(({ domain, version }) => [normalDomain(domain), Number(version)]));
}

/**
 * @throws AgentError `onnx_malformed` when a version is missing, as in a file cut short, `onnx_unsupported` when it is
 *   too old or too new
 */
export function assertVersions(
  { irVersion, opsets }: { irVersion: number; opsets: ReadonlyMap<string, number> },
  where: string,
): void {
  const opset = opsets.get('');
  if (irVersion < 1 || opset === undefined || opset < 1) {
    throw new AgentError(
      'onnx_malformed',
      `${where}: expected an ONNX model with format and operator set versions`,
      {
        detail: { where },
      },
    );
  }
  if (opset < oldestOpset || opset > newestOpset) {
    const expected = `${oldestOpset} to ${newestOpset}`;
    throw new AgentError('onnx_unsupported', `${where}: expected operator set ${expected}, got ${opset}`, {
      detail: { where, expected, got: opset, mend: 'export the model again with opset 13 to 20' },
    });
  }
  if (irVersion > newestIrVersion) {
    const expected = `at most ${newestIrVersion}`;
    throw new AgentError('onnx_unsupported', `${where}: expected ONNX format ${expected}, got ${irVersion}`, {
      detail: { where, expected, got: irVersion },
    });
  }
}
