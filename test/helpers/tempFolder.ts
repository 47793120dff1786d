import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

process.once('exit', () => {
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
});

/**
 * Returns the path of a new, empty folder, which is gone when the test file has ended, however it ended. The path is short,
 * so that a Chromium has room for its socket there.
 */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'detptq-'));
  folders.push(folder);
  return folder;
}
