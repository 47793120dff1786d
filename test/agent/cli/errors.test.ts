import test from 'ava';
import { errorText } from '../../../agent/cli/errorText.js';
import { exitStatusOf } from '../../../agent/cli/exitStatus.js';
import { masked } from '../../../agent/cli/masked.js';
import { AgentError, type ErrorCode } from '../../../runtime/errors.js';

test('an error for people has one line per fact that is known', (t) => {
  const error = new AgentError('camera_unavailable', 'the camera is gone', {
    cause: new Error('ENODEV:\n  no such device'),
    detail: { expected: ['a', 'b'], got: 3, where: '/dev/video0', mend: 'plug it in' },
  });
  t.is(
    errorText(error),
    [
      'error: the camera is gone',
      '  expected: ["a","b"]',
      '  got:      3',
      '  where:    /dev/video0',
      '  cause:    ENODEV: no such device',
      '  code:     camera_unavailable',
      '  mend:     plug it in',
    ].join('\n'),
  );
});

test('a cause that the message quotes is not said twice', (t) => {
  const error = new AgentError('internal', 'it failed: boom', { cause: new Error('boom') });
  t.is(errorText(error), 'error: it failed: boom\n  code:     internal');
});

test('the exit status tells failure, wrong usage, refusal by a gate and interruption apart', (t) => {
  const status = (code: ErrorCode, interrupted = false) =>
    exitStatusOf(new AgentError(code, ''), interrupted);
  t.is(status('file_not_found'), 1);
  t.is(status('usage'), 2);
  t.is(status('bits_out_of_range'), 2);
  t.is(status('gate_agreement'), 3);
  t.is(status('gate_latency'), 3);
  t.is(status('aborted'), 1);
  t.is(status('aborted', true), 130);
  t.is(status('disk_full', true), 1);
});

test('user and password of URLs are masked at any depth, and nothing else', (t) => {
  const value = { a: ['mqtt://u:p@host:1/x', 'a@b'], n: 3, deep: { url: 'wss://token@host' } };
  t.deepEqual(masked(value), {
    a: ['mqtt://***@host:1/x', 'a@b'],
    n: 3,
    deep: { url: 'wss://***@host' },
  });
});
