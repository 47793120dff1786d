import test from 'ava';
import { expired, type RetentionRule } from '../../../agent/models/retention.js';
import type { StoredModel } from '../../../agent/state/storedModel.js';

/** The n-th model of a parent: only what the rule reads. */
const model = (n: number, parent?: string) =>
  ({
    digest: `digest-${n}`,
    version: String(n),
    manifest: parent === undefined ? {} : { quantization: { parent } },
  }) as unknown as StoredModel;

const rule: RetentionRule = { parent: 'float', inUse: new Set(), candidate: 'none', keep: 1 };

const digests = (models: readonly StoredModel[]) => models.map(({ digest }) => digest);

test('the newest descendants stay and the oldest go first', (t) => {
  const models = [model(3, 'float'), model(1, 'float'), model(2, 'float'), model(4, 'float')];
  t.deepEqual(digests(expired(models, { ...rule, keep: 2 })), ['digest-1', 'digest-2']);
});

test('what is in use stays whatever its age', (t) => {
  const models = [model(1, 'float'), model(2, 'float'), model(3, 'float')];
  t.deepEqual(digests(expired(models, { ...rule, inUse: new Set(['digest-1']) })), ['digest-2']);
});

test('float models and descendants of others are not touched', (t) => {
  const models = [model(1), model(2, 'another'), model(3, 'float')];
  t.deepEqual(expired(models, rule), []);
});

test('a candidate that is not in use goes, and takes the place of none that passed', (t) => {
  const models = [model(1, 'float'), model(2, 'float'), model(3, 'float')];
  const after = { ...rule, candidate: 'digest-3', keep: 2 };
  t.deepEqual(digests(expired(models, after)), ['digest-3']);
  t.deepEqual(digests(expired(models, { ...after, inUse: new Set(['digest-3']) })), ['digest-1']);
  t.deepEqual(digests(expired(models, { ...after, keep: 0 })), ['digest-1', 'digest-2', 'digest-3']);
});
