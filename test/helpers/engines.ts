import test, { type TestFn } from 'ava';
import type { Engine } from '../../runtime/engines/engine.js';
import { engineNames, getEngine } from '../../runtime/engines/registry.js';

/** An engine and the test function for it: a visible skip where the engine does not work. */
export interface EngineUnderTest {
  readonly name: string;
  readonly engine: Engine;
  readonly available: boolean;
  readonly engineTest: TestFn;
  /** Whether it runs on a GPU that the CPU imitates, so that a whole detector takes seconds. */
  readonly isImitated: boolean;
}

/** Returns every engine of the registry. */
export async function enginesUnderTest(): Promise<EngineUnderTest[]> {
  return Promise.all(
    engineNames.map(async (name) => {
      const engine = getEngine(name);
      const { available, reason, isImitated = false } = await engine.probe();
      const engineTest = (available ? test : test.skip) as TestFn;
      return {
        name: available ? name : `${name} (${reason})`,
        engine,
        available,
        engineTest,
        isImitated,
      };
    }),
  );
}
