import test from 'ava';
import { configureEngines, getEngine } from '../../../../runtime/engines/registry.js';

test('tfjs-node is told the threads of all runs before it is first tried, which fixes them', async (t) => {
  Reflect.deleteProperty(process.env, 'TF_NUM_INTRAOP_THREADS');
  configureEngines({ threads: 3 });
  // It sets them whether its library is there or not.
  await getEngine('tfjs-node').probe();
  t.is(process.env.TF_NUM_INTRAOP_THREADS, '3');
});
