import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { browserEngine } from '../../../../runtime/engines/browserWorker/browserEngine.js';
import { startPage } from '../../../../runtime/engines/browserWorker/runningPage.js';
import { tempFolder } from '../../../helpers/tempFolder.js';

async function program(script: string): Promise<string> {
  const path = join(tempFolder(), 'chromium');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

test('a machine without Chromium is told how to get one', async (t) => {
  const start = () => startPage({ executable: '/nowhere/chromium' });
  const { available, reason } = await browserEngine('tfjs-webgl', { start }).probe();
  t.false(available);
  t.regex(reason!, /"\/nowhere\/chromium".*apt-get install chromium/);
});

test('a Chromium that does not start is quoted', async (t) => {
  const executable = await program('echo "No usable sandbox! Update your kernel" >&2; exit 1');
  const message = /ended before it opened its page \(No usable sandbox! Update your kernel\)/;
  await t.throwsAsync(startPage({ executable }), { code: 'engine_unavailable', message });
});

test('a Chromium that opens no page is ended at the deadline', async (t) => {
  const executable = await program('exec sleep 600');
  const message = /did not open its page within 200 ms/;
  await t.throwsAsync(startPage({ executable, startMs: 200 }), { code: 'engine_unavailable', message });
});
