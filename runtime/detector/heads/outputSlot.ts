import type { TensorMap } from '../../engines/engine.js';
import { AgentError } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { elementCount, type Tensor } from '../../graph/tensor.js';
import type { Head } from './head.js';

/** One output tensor that a head reads. */
export interface OutputSlot {
  /** The manifest's key that names the tensor. */
  readonly key: string;
  readonly name: string;
  /** Number of elements that the manifest implies. */
  readonly length: number;
  /** The implied shape in words, for messages. */
  readonly shape: string;
}

/** Returns the slot of the one tensor `[1, rows, rowLength]` that holds all that a head reads. */
export function packedSlot(name: string, rows: number, rowLength: number): OutputSlot {
  const shape = `[1, ${rows}, ${rowLength}]`;
  return { key: 'head.outputs.packed', name, length: rows * rowLength, shape };
}

/** A head that says what each of its tensors has to look like. */
export interface SlottedHead extends Head {
  readonly slots: readonly OutputSlot[];
}

/** @throws AgentError `manifest_model_mismatch` when the graph lacks an output, or declares it of another size */
export function assertSlotsFit(slots: readonly OutputSlot[], graph: Pick<Graph, 'outputs'>): void {
  for (const slot of slots) {
    const { dims } = graphOutput(slot, graph);
    const fixed = dims.every((dim) => typeof dim === 'number');
    const length = dims.reduce<number>((product, dim) => product * Number(dim), 1);
    if (fixed && length !== slot.length) throw mismatch(slot, slot.shape, `[${dims.join(', ')}]`);
  }
}

/** Returns the graph's declaration of the output that a manifest's key names. */
export function graphOutput(slot: Pick<OutputSlot, 'key' | 'name'>, graph: Pick<Graph, 'outputs'>) {
  const output = graph.outputs.find(({ name }) => name === slot.name);
  if (output) return output;
  const names = graph.outputs.map(({ name }) => name).join(', ');
  throw mismatch(slot, `an output named ${slot.name}`, `outputs ${names || 'none'}`);
}

export function mismatch(slot: Pick<OutputSlot, 'key' | 'name'>, expected: string, got: string): AgentError {
  return new AgentError(
    'manifest_model_mismatch',
    `manifest key ${slot.key} (tensor ${slot.name}): expected ${expected}, the graph has ${got}`,
    { detail: { where: slot.key, expected, got } },
  );
}

/**
 * Returns the data of a slot's tensor, not copied.
 *
 * @throws AgentError `shape_mismatch` when it is absent, not float32, or of another size
 */
export function slotData(slot: OutputSlot, outputs: TensorMap): Float32Array {
  return slotTensor(slot, outputs).data as Float32Array;
}

/**
 * Returns a slot's tensor, float32.
 *
 * @throws AgentError `shape_mismatch` when it is absent, not float32, or of another size
 */
export function slotTensor(slot: OutputSlot, outputs: TensorMap): Tensor {
  const tensor = outputs[slot.name];
  if (tensor?.dtype === 'float32' && elementCount(tensor.dims) === slot.length) return tensor;
  const got = tensor ? `${tensor.dtype} [${tensor.dims.join(', ')}]` : 'no such tensor';
  throw new AgentError(
    'shape_mismatch',
    `output ${slot.name} (manifest key ${slot.key}): expected float32 ${slot.shape}, got ${got}`,
    { detail: { where: slot.key, expected: slot.shape, got } },
  );
}
