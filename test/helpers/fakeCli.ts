import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fixturesFolder } from './paths.js';
import { tempFolder } from './tempFolder.js';

export interface FakeCliSettings {
  /** Default `succeed`. `wait` goes on until it is stopped; its pid is the stage of its progress. */
  readonly search?: 'succeed' | 'wait' | 'fail';
  /** Default 0.9. */
  readonly agreementMap?: number;
  /** Of the float model. Default 20. */
  readonly detections?: number;
  /** What is measured on labelled frames; without it no label is a category. */
  readonly accuracy?: Readonly<Record<'float' | 'candidate', { AP: number; AP50: number }>>;
  /** What is written as the new model's self-test. */
  readonly selfTest?: string;
}

/** Returns the path of a script that acts as the CLI does in a calibration. */
export async function fakeCli(settings: FakeCliSettings = {}): Promise<string> {
  const script = join(tempFolder(), 'cli.mjs');
  const given = JSON.stringify({ search: 'succeed', agreementMap: 0.9, detections: 20, ...settings });
  await writeFile(script, `import { act } from '${fixturesFolder}fakeCli/fakeCli.mjs';\nact(${given});\n`);
  return script;
}
