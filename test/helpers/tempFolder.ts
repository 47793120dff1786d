import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns the path of a new, empty folder. */
export function tempFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'detptq-test-'));
}
