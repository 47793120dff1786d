import { localStatePaths } from '../../agent/cli/localState.js';
import type { Engine } from '../../runtime/engines/engine.js';
import { setLibraryPath } from '../../runtime/engines/litert/library/libraryPath.js';
import { configureEngines, engineNames, getEngine } from '../../runtime/engines/registry.js';

/** An engine and whether it works here: where it does not, its tests are to be skipped visibly. */
export interface EngineUnderTest {
  /** With the reason where the engine does not work. */
  readonly name: string;
  readonly engine: Engine;
  readonly available: boolean;
  /** Whether it runs on a GPU that the CPU imitates, so that a whole detector takes seconds. */
  readonly isImitated: boolean;
}

/**
 * Sets engines in a browser to the one that `DETPTQ_ENGINES__CHROMIUM` names, LiteRT to the library that `detptq engines
 * install` put in the state folder.
 */
export function configureTestEngines(): void {
  configureEngines({ chromium: process.env.DETPTQ_ENGINES__CHROMIUM });
  setLibraryPath(localStatePaths().litertLibrary);
}

/** Returns every engine of the registry, configured. */
export async function enginesUnderTest(): Promise<EngineUnderTest[]> {
  configureTestEngines();
  return Promise.all(
    engineNames.map(async (name) => {
      const engine = getEngine(name);
      const { available, reason, isImitated = false } = await engine.probe();
      return { name: available ? name : `${name} (${reason})`, engine, available, isImitated };
    }),
  );
}

/** Returns the engines, and once more those that make graphs of runs, with every run as one graph from the first on. */
export function tracedToo(tested: readonly EngineUnderTest[]): EngineUnderTest[] {
  return tested.flatMap((one) => {
    if (one.engine.name !== 'tfjs-node') return [one];
    const load: Engine['load'] = async (graph, options) => {
      const session = await one.engine.load(graph, { ...options, lowering: {} });
      const { loweringNote: note } = session;
      // A graph of which nothing has to be computed has no note.
      if (note === undefined || note === 'runs as one graph of the library') return session;
      throw new Error(`${graph.name} ${note}`);
    };
    return [one, { ...one, name: `${one.name} as one graph`, engine: { ...one.engine, load } }];
  });
}
