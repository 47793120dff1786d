import { z } from 'zod';
import { AgentError } from '../../runtime/errors.js';
import type { LayerSearchState } from '../search/layerSearch.js';

/** Where a search writes down how far it is. `save` replaces atomically. */
export interface Checkpoint {
  load(): Promise<string | null>;
  save(text: string): Promise<void>;
}

/** What has to be equal for a checkpoint to go on from. */
export interface CheckpointKey {
  readonly model: string;
  readonly frames: string;
  readonly recipe: string;
  readonly weightBits: number;
  readonly activationBits: number;
  readonly seed: number;
  readonly engine: string;
  readonly toolVersion: string;
}

const schema = z.strictObject({
  checkpointVersion: z.literal(1),
  key: z.record(z.string(), z.union([z.string(), z.number()])),
  sweep: z.int().min(0),
  state: z.strictObject({
    pOfLayer: z.array(z.int().min(0)),
    nextLayer: z.int().min(0),
    tried: z.array(z.array(z.strictObject({ p: z.int().min(0), odol: z.number() }))),
  }),
});

export interface CheckpointedSearch {
  /** Which sweep over the layers is under way, from 0. */
  readonly sweep: number;
  readonly state: LayerSearchState;
}

export function writeCheckpoint(key: CheckpointKey, search: CheckpointedSearch): string {
  return `${JSON.stringify({ checkpointVersion: 1, key, ...search })}\n`;
}

/** @throws AgentError `checkpoint_mismatch`, naming what differs */
export function readCheckpoint(text: string, key: CheckpointKey): CheckpointedSearch {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw mismatch('it is not JSON', { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw mismatch(`key ${parsed.error.issues[0]!.path.join('.')} is wrong`);
  for (const [name, expected] of Object.entries(key)) {
    const got = parsed.data.key[name];
    if (got !== expected)
      throw mismatch(`its ${name} is ${got}, expected ${expected}`, { expected, got, where: name });
  }
  return { sweep: parsed.data.sweep, state: parsed.data.state };
}

function mismatch(what: string, detail: { cause?: unknown; [key: string]: unknown } = {}): AgentError {
  const { cause, ...rest } = detail;
  return new AgentError('checkpoint_mismatch', `the checkpoint cannot be resumed: ${what}`, {
    cause,
    detail: { ...rest, mend: 'run again without --resume' },
  });
}
