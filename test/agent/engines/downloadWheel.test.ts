import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { downloadWheel } from '../../../agent/engines/downloadWheel.js';
import { tempFolder } from '../../helpers/tempFolder.js';

/** A program in place of Python. */
async function python(script: string): Promise<string> {
  const path = join(tempFolder(), 'python3');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

const options = async () => {
  return { folder: tempFolder(), arch: 'arm64', signal: new AbortController().signal };
};

test("pip is asked for the release's wheel for this processor, whatever Python asks", async (t) => {
  const given = await options();
  const asked = join(given.folder, 'asked');
  const path = await downloadWheel({
    ...given,
    python: await python(`echo "$@" > ${asked}; touch ${given.folder}/x.whl`),
  });
  t.is(path, join(given.folder, 'x.whl'));
  const words = (await readFile(asked, 'utf8')).trim().split(' ');
  t.is(words.at(-1), 'ai-edge-litert==2.3.0');
  t.true(words.includes('manylinux_2_27_aarch64'));
});

test('without Python or pip the error says what to install, and how to do without', async (t) => {
  for (const missing of ['/nowhere/python3', await python('echo "No module named pip" >&2; exit 1')]) {
    const error = await t.throwsAsync(downloadWheel({ ...(await options()), python: missing }), {
      code: 'pip_missing',
      message: /--from FILE\.whl/,
    });
    t.like(error, { detail: { mend: 'apt-get install python3-pip' } });
  }
});

test("a download that fails says pip's reason", async (t) => {
  const failing = await python('echo "ERROR: No matching distribution found" >&2; exit 1');
  await t.throwsAsync(downloadWheel({ ...(await options()), python: failing }), {
    code: 'download_failed',
    message: 'pip could not fetch ai-edge-litert 2.3.0: ERROR: No matching distribution found',
  });
  await t.throwsAsync(downloadWheel({ ...(await options()), python: await python('exit 0') }), {
    code: 'download_failed',
    message: /put no wheel/,
  });
});

test('an abort ends the download', async (t) => {
  const abort = new AbortController();
  const downloading = downloadWheel({
    ...(await options()),
    signal: abort.signal,
    python: await python('exec sleep 60'),
  });
  abort.abort();
  await t.throwsAsync(downloading, { code: 'aborted' });
});
