import { spawnSync } from 'node:child_process';
import test, { type TestFn } from 'ava';
import { sharedAvailable } from './paths.js';

/** `test` where ../shared (real detectors and images) is beside the checkout, else a visible skip. */
export const sharedTest: TestFn = (sharedAvailable ? test : test.skip) as TestFn;

/** `test` where the system program is installed, else a visible skip. */
export function programTest(program: string): TestFn {
  const found = spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;
  return (found ? test : test.skip) as TestFn;
}
