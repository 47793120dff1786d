import test from 'ava';
import { LatencyWindow } from '../../../agent/telemetry/latencyWindow.js';
import { Throttle } from '../../../agent/telemetry/throttle.js';
import { until } from '../../helpers/until.js';

test('a window reports quantiles of total and inference times, their number and rate', (t) => {
  const window = new LatencyWindow(1000);
  for (let ms = 1; ms <= 101; ms++) window.add({ inferMs: ms, totalMs: 2 * ms, modelDigest: 'a' });
  const [report, ...others] = window.close(11_000);
  t.deepEqual(others, []);
  t.deepEqual(report, {
    windowS: 10,
    n: 101,
    p50Ms: 102,
    p95Ms: 192,
    p99Ms: 200,
    maxMs: 202,
    fps: 10.1,
    infer: { p50Ms: 51, p95Ms: 96, p99Ms: 100 },
    modelDigest: 'a',
  });
});

test('a swap within a window makes a report of each model', (t) => {
  const window = new LatencyWindow(0);
  for (const [modelDigest, totalMs] of [
    ['old', 10],
    ['new', 4],
    ['old', 20],
  ] as const) {
    window.add({ inferMs: 1, totalMs, modelDigest });
  }
  t.deepEqual(
    window.close(1000).map(({ modelDigest, n, maxMs }) => [modelDigest, n, maxMs]),
    [
      ['old', 2, 20],
      ['new', 1, 4],
    ],
  );
});

test('a window without requests reports nothing, and each window starts anew', (t) => {
  const window = new LatencyWindow(0);
  t.deepEqual(window.close(1000), []);
  window.add({ inferMs: 1, totalMs: 1, modelDigest: 'a' });
  t.is(window.close(2000)[0]?.fps, 1);
  t.deepEqual(window.close(3000), []);
});

test('the first call goes through at once, and those that follow are one at the end of the interval', async (t) => {
  let calls = 0;
  const throttle = new Throttle(() => {
    calls += 1;
  }, 10);
  for (let call = 0; call < 5; call++) throttle.trigger();
  t.is(calls, 1);
  await until(() => calls === 2);
  throttle.stop();
});

test('a stop forgets the call that waits', async (t) => {
  let calls = 0;
  const throttle = new Throttle(() => {
    calls += 1;
  }, 5);
  throttle.trigger();
  throttle.trigger();
  throttle.stop();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.is(calls, 1);
});
