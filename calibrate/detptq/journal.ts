import { z } from 'zod';
import type { Memo } from '../search/memo.js';
import { type Checkpoint, type CheckpointKey, checkpointMismatch } from './checkpoint.js';

/** One more whenever a step comes to something else than one of its name did before. */
const checkpointVersion = 6;

const headSchema = z.strictObject({
  checkpointVersion: z.int(),
  key: z.record(z.string(), z.union([z.string(), z.number()])),
});
const stepSchema = z.strictObject({ step: z.string(), value: z.unknown() });

/**
 * What the finished steps of a search came to, so that an interrupted one goes on where it was. The first line of the
 * checkpoint says which search it is, each further line holds one step. A step is computed once: whoever computes it
 * asks first whether it is recorded.
 */
export class Journal {
  readonly #checkpoint: Checkpoint | undefined;
  readonly #values: Map<string, unknown>;
  /** Whether there were steps to go on from. */
  readonly isResumed: boolean;

  private constructor(checkpoint: Checkpoint | undefined, values: Map<string, unknown>) {
    this.#checkpoint = checkpoint;
    this.#values = values;
    this.isResumed = values.size > 0;
  }

  /**
   * Returns the journal of the search that `key` describes, with what the checkpoint holds of it.
   *
   * @param checkpoint `undefined` keeps nothing
   * @throws AgentError `checkpoint_mismatch`, naming all that differs; what the checkpoint throws
   */
  static async open(checkpoint: Checkpoint | undefined, key: CheckpointKey): Promise<Journal> {
    const [head, ...steps] = (await checkpoint?.load()) ?? [];
    if (head === undefined) {
      await checkpoint?.append(JSON.stringify({ checkpointVersion, key }));
      return new Journal(checkpoint, new Map());
    }
    const { checkpointVersion: version, key: got } = parseLine(head, headSchema, 1);
    assertSameSearch({ 'format version': version, ...got }, { 'format version': checkpointVersion, ...key });
    const values = steps.map((line, i) => {
      const { step, value } = parseLine(line, stepSchema, i + 2);
      return [step, value] as const;
    });
    return new Journal(checkpoint, new Map(values));
  }

  /**
   * Returns the value that was recorded of a step, e.g. `perLayer/0/17`, or `undefined` when there is none.
   *
   * @throws AgentError `checkpoint_mismatch` when it is not of the form that `schema` describes
   */
  recorded<T>(step: string, schema: z.ZodType<T>): T | undefined {
    if (!this.#values.has(step)) return undefined;
    return parse(this.#values.get(step), schema, `step ${step}`);
  }

  /**
   * Returns what a step came to, from the record or else from `compute`, and then it is recorded.
   *
   * @throws AgentError `checkpoint_mismatch`; what `compute` and the checkpoint throw
   */
  async once<T>(step: string, schema: z.ZodType<T>, compute: () => Promise<T>): Promise<T> {
    const known = this.recorded(step, schema);
    if (known !== undefined) return known;
    const value = await compute();
    await this.record(step, value);
    return value;
  }

  /** Returns a memo that keeps its values as steps below `step`. */
  memo(step: string): Memo {
    return (name, schema, compute) => this.once(`${step}/${name}`, schema, compute);
  }

  /**
   * Writes down what a step came to.
   *
   * @param value of JSON's types, numbers finite; -0 becomes 0, arrays of numbers are shortest by `encodeFloats`
   * @throws what the checkpoint throws
   */
  async record(step: string, value: unknown): Promise<void> {
    await this.#checkpoint?.append(JSON.stringify({ step, value }));
    this.#values.set(step, value);
  }
}

function parseLine<T>(line: string, schema: z.ZodType<T>, lineNumber: number): T {
  const where = `line ${lineNumber}`;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw checkpointMismatch(`${where} is not JSON`, { cause, where });
  }
  return parse(value, schema, where);
}

function parse<T>(value: unknown, schema: z.ZodType<T>, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw checkpointMismatch(`${where}, key ${path.join('.') || '(all)'}: ${message}`, { where });
}

function assertSameSearch(got: CheckpointKey, expected: CheckpointKey): void {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
  const differences = names
    .filter((name) => got[name] !== expected[name])
    .map((name) => ({ where: name, expected: expected[name], got: got[name] }));
  if (differences.length === 0) return;
  const text = differences.map((one) => `its ${one.where} is ${one.got}, expected ${one.expected}`);
  throw checkpointMismatch(text.join('; '), { differences });
}
