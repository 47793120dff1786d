import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { document, printedError, runCli } from '../../helpers/cli.js';
import { tempFolder } from '../../helpers/tempFolder.js';

interface ConfigDocument {
  readonly file: string | null;
  readonly stateFolder: string;
  readonly config: { readonly http: { readonly port: number }; readonly mqtt: { readonly broker: string } };
  readonly origins: Readonly<Record<string, string>>;
}

test('config says each value and where it came from: default, file or environment', async (t) => {
  const folder = tempFolder();
  const file = join(folder, 'my.yaml');
  await writeFile(file, 'http:\n  port: 8100\n  host: 0.0.0.0\n');
  const env = { DETPTQ_HTTP__PORT: '8200', DETPTQ_STATE_DIR: '/srv/detptq' };
  const shown = document<ConfigDocument>(await runCli(['config', '--config', file, '--json'], { env }));
  t.is(shown.file, file);
  t.is(shown.stateFolder, '/srv/detptq');
  t.is(shown.config.http.port, 8200);
  t.is(shown.origins['http.port'], 'env DETPTQ_HTTP__PORT');
  t.is(shown.origins['http.host'], `file ${file}`);
  t.is(shown.origins['mqtt.base'], 'default');
});

test('detptq.yaml in the working folder is found by itself', async (t) => {
  const cwd = tempFolder();
  await writeFile(join(cwd, 'detptq.yaml'), 'http: {port: 8300}\n');
  const shown = document<ConfigDocument>(await runCli(['config', '--json'], { cwd }));
  t.is(shown.config.http.port, 8300);
  t.is(shown.file, join(cwd, 'detptq.yaml'));
});

test('config never prints user or password of a URL', async (t) => {
  const env = { DETPTQ_MQTT__BROKER: 'mqtts://fred:hunter2@broker.example:8883' };
  for (const args of [['config'], ['config', '--json']]) {
    const { status, stdout } = await runCli(args, { env });
    t.is(status, 0);
    t.notRegex(stdout, /hunter2|fred/);
    t.regex(stdout, /mqtts:\/\/\*\*\*@broker\.example:8883/);
  }
});

test('config --schema prints a JSON Schema with and without --json', async (t) => {
  for (const args of [
    ['config', '--schema'],
    ['config', '--schema', '--json'],
  ]) {
    const schema = document<{ properties: Record<string, unknown> }>(await runCli(args));
    t.true('http' in schema.properties);
  }
});

test('an unknown key is an error that names the nearest known one', async (t) => {
  const result = await runCli(['config', '--json'], { env: { DETPTQ_HTTP__PROT: '1' } });
  t.is(result.status, 1);
  const { code, message } = printedError(result);
  t.is(code, 'config_invalid');
  t.regex(message, /DETPTQ_HTTP__PROT; did you mean DETPTQ_HTTP__PORT\?/);
});

test('a configuration file that is not there is an error', async (t) => {
  const result = await runCli(['config', '--config', 'absent.yaml', '--json']);
  t.is(result.status, 1);
  t.is(printedError(result).code, 'file_not_found');
});
