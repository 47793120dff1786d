import type { Manifest } from '../../runtime/detector/manifest.js';
import type { ActivePointer } from '../state/activePointer.js';
import type { StoredModel } from '../state/storedModel.js';

/** What the `models` commands say of one stored model. */
export interface StoredModelSummary {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly head: Manifest['head']['type'];
  /** `null` for a float model. */
  readonly bits: { readonly weight: number; readonly activation: number } | null;
  readonly classes: number;
  /** `[height, width]` of the network's input. */
  readonly inputSize: readonly [number, number];
  readonly sizeBytes: number;
  readonly addedAt: string;
  /** What the agent on this state folder uses it as; `null` when for nothing. */
  readonly role: 'active' | 'previous' | 'lastGood' | null;
  readonly folder: string;
}

/** @param pointer what the agent serves and may go back to */
export function summaryOf(model: StoredModel, pointer: ActivePointer): StoredModelSummary {
  const { manifest } = model;
  const [, , height, width] = manifest.input.shape;
  const roles = ['active', 'previous', 'lastGood'] as const;
  return {
    name: model.name,
    version: model.version,
    digest: model.digest,
    head: manifest.head.type,
    bits: manifest.quantization
      ? { weight: manifest.quantization.weightBits, activation: manifest.quantization.activationBits }
      : null,
    classes: manifest.labels === 'coco80' ? 80 : manifest.labels.length,
    inputSize: [height, width],
    sizeBytes: manifest.model.sizeBytes,
    addedAt: model.addedAt,
    role: roles.find((role) => pointer[role] === model.digest) ?? null,
    folder: model.folder,
  };
}

/** Returns `float`, or the bit widths of a quantized model, e.g. `W4A8`. */
export function bitsText(bits: StoredModelSummary['bits']): string {
  return bits ? `W${bits.weight}A${bits.activation}` : 'float';
}

/** Returns one model in a line, for people. */
export function summaryLine(model: StoredModelSummary): string {
  const role = model.role === null ? '' : `, ${model.role}`;
  return `${model.name}@${model.version} (${model.digest.slice(0, 12)}, ${model.head}, ${bitsText(model.bits)}${role})`;
}
