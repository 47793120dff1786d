import test from 'ava';
import { stageVerdict } from '../../../calibrate/detptq/stageVerdict.js';

const before = [0.1, 0.2, 0.3, 0.4];

test('a stage that lowers the ODOL beyond a standard error is kept', (t) => {
  // The differences are -0.02, -0.04, -0.02, -0.04: mean -0.03 of 0.25, standard error 0.0058.
  t.deepEqual(stageVerdict(before, [0.08, 0.16, 0.28, 0.36]), {
    kept: true,
    reason: 'lowers the held-out ODOL by 12 % ± 2.3 %',
  });
});

test('a gain within a standard error is none', (t) => {
  const { kept, reason } = stageVerdict(before, [0.05, 0.24, 0.3, 0.4]);
  t.false(kept);
  t.regex(reason, /^lowers the held-out ODOL by 1\.0 % ± 7\.\d % only: no gain beyond one standard error$/);
});

test('a stage that raises the ODOL or leaves it is left out', (t) => {
  const raised = stageVerdict(before, [0.2, 0.4, 0.6, 0.8]);
  t.false(raised.kept);
  t.regex(raised.reason, /^raises the held-out ODOL by 100 % ± 26 %$/);
  t.like(stageVerdict(before, before), { kept: false });
  t.regex(stageVerdict(before, before).reason, /^leaves the held-out ODOL as it is/);
});

test('a network that gives out no number loses, and one that had none is not won over in percent', (t) => {
  const broken = stageVerdict(before, [0.1, Number.NaN, 0.3, 0.4]);
  t.deepEqual(broken, { kept: false, reason: 'changes the held-out ODOL from 0.250 to no number' });
  t.deepEqual(stageVerdict([0, 0], [0, 0]), {
    kept: false,
    reason: 'changes the held-out ODOL from 0.00 to 0.00',
  });
});

test('a single frame has no standard error, and the reason says that there is but one', (t) => {
  t.deepEqual(stageVerdict([0.2], [0.1]), {
    kept: true,
    reason: 'lowers the held-out ODOL by 50 % on the only frame',
  });
  t.like(stageVerdict([0.1], [0.1]), { kept: false });
});
