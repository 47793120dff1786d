import test from 'ava';
import { printedError, runCli } from '../../helpers/cli.js';
import { tempFolder } from '../../helpers/tempFolder.js';
import { tinyDetector } from '../../helpers/tinyDetector.js';

const endless = ['--runs', '1000000', '--json'];

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends a command with status 130 and says what was kept`, async (t) => {
    const { manifest } = await tinyDetector();
    const result = await runCli(['bench', manifest, ...endless], {
      onFirstStderr: (child) => child.kill(signal),
    });
    t.is(result.status, 130);
    t.like(printedError(result), {
      code: 'aborted',
      message: `interrupted by ${signal}; nothing was written`,
    });
  });
}

test('a parent that forked the command gets its progress, and its end ends the command', async (t) => {
  const { manifest } = await tinyDetector();
  const result = await runCli(['bench', manifest, ...endless], {
    ipc: true,
    onFirstStderr: (child) => child.once('message', () => child.disconnect()),
  });
  t.is(result.status, 130);
  t.like(result.messages[0], { type: 'progress', step: 'bench', total: 1_000_000 });
  t.regex(printedError(result).message, /the end of the parent process/);
});

test('a forked command that is done ends although the channel is open', async (t) => {
  const { manifest } = await tinyDetector();
  const result = await runCli(['bench', manifest, '--runs', '3', '--json'], { ipc: true });
  t.is(result.status, 0);
  t.like(result.messages.at(-1), { type: 'progress', step: 'bench', done: 3, total: 3 });
});

test('run serves until it is told to stop, says where, and that is no failure', async (t) => {
  const { manifest } = await tinyDetector();
  const state = tempFolder();
  const flags = ['http.port=0', 'mqtt.embeddedPort=0', `model.path=${manifest}`];
  let answered: Promise<number> | undefined;
  const result = await runCli(['run', ...flags.flatMap((flag) => ['--set', flag]), '--json'], {
    env: { DETPTQ_STATE_DIR: state },
    onFirstStdout: (child, text) => {
      const { http } = JSON.parse(text) as { http: string };
      answered = fetch(`${http}/healthz`).then(({ status }) => status);
      answered.finally(() => child.kill('SIGTERM'));
    },
  });
  t.is(await answered, 200);
  t.is(result.status, 0);
  t.like(JSON.parse(result.stdout), { stateFolder: state, config: null });
});
