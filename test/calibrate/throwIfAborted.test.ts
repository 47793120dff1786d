import test from 'ava';
import { throwIfAborted } from '../../calibrate/throwIfAborted.js';
import { AgentError } from '../../runtime/errors.js';

test('nothing is thrown without a signal or before it aborts', (t) => {
  t.notThrows(() => throwIfAborted(new AbortController().signal));
  t.notThrows(() => throwIfAborted(undefined));
});

test('an abort is thrown as its own reason where that is one of ours', (t) => {
  const reason = new AgentError('out_of_memory', 'too much');
  const thrown = t.throws(() => throwIfAborted(AbortSignal.abort(reason), 'never said'));
  t.is(thrown, reason);
});

test('any other is thrown as aborted, in the words given, with the reason as cause', (t) => {
  const error = t.throws(() => throwIfAborted(AbortSignal.abort('tired'), 'stopped after 3'), {
    code: 'aborted',
    message: 'stopped after 3',
  });
  t.is(error?.cause, 'tired');
});
