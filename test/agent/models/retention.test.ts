import test from 'ava';
import { expired } from '../../../agent/models/retention.js';
import type { StoredModel } from '../../../agent/state/storedModel.js';

/** The n-th model of a parent: only what the rule reads. */
const model = (n: number, parent?: string) =>
  ({
    digest: `digest-${n}`,
    version: String(n),
    manifest: parent === undefined ? {} : { quantization: { parent } },
  }) as unknown as StoredModel;

const digests = (models: readonly StoredModel[]) => models.map(({ digest }) => digest);

test('the newest descendants stay and the oldest go first', (t) => {
  const models = [model(3, 'float'), model(1, 'float'), model(2, 'float'), model(4, 'float')];
  t.deepEqual(digests(expired(models, { parent: 'float', inUse: new Set(), keep: 2 })), [
    'digest-1',
    'digest-2',
  ]);
});

test('what is in use stays whatever its age', (t) => {
  const models = [model(1, 'float'), model(2, 'float'), model(3, 'float')];
  const rule = { parent: 'float', inUse: new Set(['digest-1']), keep: 1 };
  t.deepEqual(digests(expired(models, rule)), ['digest-2']);
});

test('float models and descendants of others are not touched', (t) => {
  const models = [model(1), model(2, 'another'), model(3, 'float')];
  t.deepEqual(expired(models, { parent: 'float', inUse: new Set(), keep: 1 }), []);
});
