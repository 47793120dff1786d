import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { projectRoot, sharedAvailable } from '../helpers/paths.js';
import { programTest } from '../helpers/requires.js';

const loopTest = sharedAvailable ? programTest('mosquitto_pub') : test.skip;

loopTest('a calibrate command swaps a better detector in under load, and rollback goes back', async (t) => {
  t.timeout(1_200_000);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      `${projectRoot}dist/test/e2e/story.js`,
      ...['--recipe', 'fast', '--count', '8', '--pause', '400'],
      // How fast it is depends on what else the machine does; `npm run e2e` keeps the gate.
      ...['--latency-ratio', '100'],
    ],
    { maxBuffer: 1e8 },
  );
  const story = JSON.parse(stdout.trim().split('\n').at(-1)!);
  t.is(story.jobStatus, 'SUCCEEDED', JSON.stringify(story.reason));
  t.is(story.rollbackStatus, 'SUCCEEDED');
  t.true(story.requests > 20);
  t.is(story.failed, 0);
  t.is(story.mixed, 0);
  t.not(story.before.digest, story.after.digest);
  t.is(story.after.precision, 'int8');
  t.deepEqual(story.steps, [
    'validating',
    'collecting',
    'searching',
    'evaluating',
    'warming',
    'swapping',
    'soaking',
  ]);
});
