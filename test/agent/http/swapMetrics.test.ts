import test from 'ava';
import { Registry } from 'prom-client';
import { SwapMetrics } from '../../../agent/http/swapMetrics.js';
import { FakeModel } from '../../helpers/fakeModel.js';

test('swaps are counted by outcome, gap and load time of those that succeeded are observed in seconds', async (t) => {
  const registry = new Registry();
  const metrics = new SwapMetrics(registry);
  metrics.noteSwap({
    previous: null,
    current: new FakeModel('fake').identity,
    loadMs: 500,
    warmUpMs: 0,
    gapMs: 0.0078125,
    drainMs: 0,
    drained: true,
  });
  metrics.noteFailure();
  const lines = (await registry.metrics()).split('\n');
  for (const line of [
    'detptq_model_swaps_total{outcome="succeeded"} 1',
    'detptq_model_swaps_total{outcome="failed"} 1',
    'detptq_model_swap_gap_seconds_sum 0.0000078125',
    'detptq_model_load_duration_seconds_sum 0.5',
  ]) {
    t.true(lines.includes(line), line);
  }
});
