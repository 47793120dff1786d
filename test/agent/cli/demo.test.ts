import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { document, printedError, runCli } from '../../helpers/cli.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

const quick = [
  ...['--recipe', 'fast', '--frames', '2', '--set', 'calibration.heldOut=2', '--set', 'calibration.soakS=0'],
  ...['--set', 'calibration.gates.latencyRatio=100', '--set', 'calibration.gates.agreementMap=0'],
];

/** Returns an environment with a tiny detector for the demo, and a folder of its own for temporary files. */
async function demoEnvironment() {
  const { manifest } = await tinyDetector({ labels: ['parcel', 'mug'] });
  return { DETPTQ_DEMO_MODEL: manifest, TMPDIR: tempFolder() };
}

/** Returns the paths of what the demo left among the temporary files; libraries leave their own. */
async function leftIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.startsWith('detptq-')).map((name) => join(folder, name));
}

test('demo tells its steps on stderr and ends with a table, which is all that stdout holds', async (t) => {
  const env = await demoEnvironment();
  const pictures = join(env.TMPDIR, 'drawn');
  const { status, stdout, stderr } = await runCli(['demo', ...quick, '--pictures', pictures], { env });
  t.is(status, 0, stderr);
  t.regex(stdout, /^ +before +after\ndetector +tiny@1 +tiny@2\narithmetic +float32 +int8\n/);
  t.regex(stdout, /\d+ requests all the while: 0 failed, 0 mixed up two detectors\./);
  t.true(stdout.trimEnd().endsWith(`Pictures: file://${pictures}/`));
  for (const step of ['start', 'load', 'gather', 'search', 'judge', 'swap', 'measure', 'annotate']) {
    t.regex(stderr, new RegExp(`^${step} +[A-Z0-9].*\\.$`, 'm'));
  }
  t.false(`${stdout}${stderr}`.includes('\x1b'));
  t.deepEqual(await leftIn(env.TMPDIR), []);
});

test('demo --json --keep prints one document, serves on, and ends with the interruption', async (t) => {
  const env = await demoEnvironment();
  let ready: Promise<number> | undefined;
  const result = await runCli(['demo', ...quick, '--json', '--keep'], {
    env,
    onFirstStdout: (child, text) => {
      const { steps } = JSON.parse(text) as { steps: { http?: string }[] };
      ready = fetch(`${steps[0]!.http}/readyz`).then((response) => response.status);
      ready.finally(() => child.kill('SIGINT'));
    },
  });
  t.is(await ready, 200);
  t.is(result.status, 0, result.stderr);
  const { pictures, ...rest } = document<{ pictures: string }>(result);
  t.deepEqual(Object.keys(rest), ['steps', 'before', 'after', 'swap']);
  t.deepEqual(await leftIn(env.TMPDIR), [pictures]);
});

test('demo that is interrupted ends with status 130 and leaves nothing', async (t) => {
  const env = await demoEnvironment();
  const result = await runCli(['demo', ...quick, '--json'], {
    env,
    onFirstStderr: (child) => child.kill('SIGINT'),
  });
  t.is(result.status, 130);
  t.is(printedError(result).message, 'interrupted by SIGINT; nothing was written');
  t.deepEqual(await leftIn(env.TMPDIR), []);
});

test('demo without its detector is an error that says where it was expected', async (t) => {
  const result = await runCli(['demo', '--json'], { env: { DETPTQ_DEMO_MODEL: '/nowhere/demo.json' } });
  t.is(result.status, 1);
  const { code, message } = printedError(result);
  t.is(code, 'file_not_found');
  t.regex(message, /DETPTQ_DEMO_MODEL.*\/nowhere\/demo\.json/);
});

test('run with nothing configured serves the demo, and says that it is one', async (t) => {
  const env = await demoEnvironment();
  const ports = ['--set', 'http.port=0', '--set', 'mqtt.embeddedPort=0'];
  const result = await runCli(['run', ...ports], {
    env,
    onFirstStdout: (child) => child.kill('SIGTERM'),
  });
  t.is(result.status, 0);
  t.regex(result.stdout, /This is the demo: nothing is configured/);
  t.true(result.stdout.includes(`model    ${env.DETPTQ_DEMO_MODEL}`));
  t.regex(result.stdout, /camera {3}synthetic:hall\?seed=1/);
  t.regex(result.stdout, /detect {3}POST http:\/\/127\.0\.0\.1:\d+\/v1\/detect/);
  t.regex(result.stderr, /"level":40.*this is the demo/);
});
