import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startPage } from '../../../../runtime/engines/browserWorker/runningPage.js';
import { isRunning, processTree } from '../../../helpers/processTree.js';
import { programTest } from '../../../helpers/requires.js';
import { tempFolder } from '../../../helpers/tempFolder.js';
import { until } from '../../../helpers/until.js';

// Serial: they count what lies in one folder.
const chromiumTest = programTest('chromium').serial;
const busyBrowser = fileURLToPath(new URL('../../../helpers/busyBrowser.js', import.meta.url));

// This thread's and its processes' folder for temporary files.
process.env.TMPDIR = tempFolder();
const entries = () => readdir(process.env.TMPDIR!);

chromiumTest('a page that is stopped leaves no file behind', async (t) => {
  const page = await startPage();
  t.is((await entries()).length, 1);
  await page.stop();
  t.deepEqual(await entries(), []);
});

chromiumTest('what a killed agent and its Chromium leave is removed by the next', async (t) => {
  const agent = spawn(process.execPath, [busyBrowser], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: process.env,
  });
  const [pid] = await once(agent.stdout, 'data');
  const started = processTree(Number(pid)).filter(isRunning);
  agent.kill('SIGKILL');
  await until(() => !started.some(isRunning));
  const [left] = await entries();
  const page = await startPage();
  t.false((await entries()).includes(left!));
  await page.stop();
  t.deepEqual(await entries(), []);
});
