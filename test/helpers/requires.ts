import { spawnSync } from 'node:child_process';
import test, { type TestFn } from 'ava';
import { getEngine } from '../../runtime/engines/registry.js';
import { sharedAvailable } from './paths.js';

/** `test` where ../shared (real detectors and images) is beside the checkout, else a visible skip. */
export const sharedTest: TestFn = (sharedAvailable ? test : test.skip) as TestFn;

/** `test` where the system program is installed, else a visible skip. */
export function programTest(program: string): TestFn {
  const found = spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;
  return (found ? test : test.skip) as TestFn;
}

/** `test` where the engine works, its optional packages included, else a visible skip. To be awaited before any test. */
export async function engineTest(engine: string): Promise<TestFn> {
  const { available } = await getEngine(engine).probe();
  return (available ? test : test.skip) as TestFn;
}
