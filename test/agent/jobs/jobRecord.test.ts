import test from 'ava';
import { isOpen, type JobEvent, queuedJob, rejectedJob, transition } from '../../../agent/jobs/jobRecord.js';
import { AgentError } from '../../../runtime/errors.js';

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-01T00:00:01.000Z';
const reason = new AgentError('job_interrupted', 'x').toJSON();
const queued = queuedJob({ jobId: 'a', kind: 'ping', params: {} }, { seq: 1, at });
const running = transition(queued, { type: 'start' }, { seq: 2, at });

const events: JobEvent[] = [
  { type: 'start' },
  { type: 'step', step: 'searching', deadline: later, resumable: true },
  { type: 'progress', progress: { done: 1, total: 2 } },
  { type: 'succeed', metrics: { n: 1 } },
  { type: 'fail', reason },
  { type: 'timeOut', reason },
  { type: 'cancel', reason },
];

test('a job goes from queued through its steps to its end', (t) => {
  t.is(queued.status, 'QUEUED');
  t.is(running.status, 'IN_PROGRESS');
  const stepped = transition(running, events[1]!, { seq: 3, at: later });
  t.like(stepped, { step: 'searching', stepDeadline: later, seq: 3, updatedAt: later, createdAt: at });
  const progressed = transition(stepped, events[2]!, { seq: 4, at: later });
  t.deepEqual(progressed.progress, { done: 1, total: 2 });
  const next = transition(
    progressed,
    { type: 'step', step: 'evaluating', deadline: null, resumable: false },
    { seq: 5, at: later },
  );
  t.like(next, { step: 'evaluating', progress: null, stepDeadline: null });
  const done = transition(progressed, events[3]!, { seq: 6, at: later });
  t.like(done, { status: 'SUCCEEDED', step: null, progress: null, stepDeadline: null, metrics: { n: 1 } });
});

test('a job that ends badly keeps the step in which it did', (t) => {
  const stepped = transition(running, events[1]!, { seq: 3, at: later });
  for (const [type, status] of [
    ['fail', 'FAILED'],
    ['timeOut', 'TIMED_OUT'],
    ['cancel', 'CANCELED'],
  ] as const) {
    const ended = transition(stepped, { type, reason }, { seq: 4, at: later });
    t.like(ended, { status, step: 'searching', stepDeadline: null, reason, metrics: null });
    t.false(isOpen(ended));
  }
});

test('each state allows its events and no other', (t) => {
  const allowed = (record: typeof queued) =>
    events
      .filter((event) => {
        try {
          transition(record, event, { seq: 9, at });
          return true;
        } catch {
          return false;
        }
      })
      .map(({ type }) => type);
  t.deepEqual(allowed(queued), ['start', 'fail', 'cancel']);
  t.deepEqual(allowed(running), ['step', 'progress', 'succeed', 'fail', 'timeOut', 'cancel']);
  for (const event of events.slice(3)) t.deepEqual(allowed(transition(running, event, { seq: 3, at })), []);
  t.deepEqual(allowed(rejectedJob({ jobId: 'b', kind: '' }, reason, { seq: 1, at })), []);
});

test('a record is never changed in place', (t) => {
  const frozen = Object.freeze({ ...running });
  for (const event of events.slice(1)) t.notThrows(() => transition(frozen, event, { seq: 3, at }));
});
