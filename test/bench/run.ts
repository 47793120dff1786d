/**
 * Runs benchmarks by name, one after the other:
 *
 *     npm run bench -- [NAME…] [-- ARGUMENTS]
 *
 * Without a name it lists them. Each is a script of its own in this folder; its head says what it measures.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
/** In a run of many contestants the collector's threads would take cores, and processor time, from always the same one. */
const nodeFlags: Readonly<Record<string, readonly string[]>> = { peerSpeed: ['--single-threaded-gc'] };
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.js') && file !== 'run.js')
  .map((file) => file.slice(0, -'.js'.length));
const words = process.argv.slice(2);
const split = words.indexOf('--');
const names = split < 0 ? words : words.slice(0, split);
const rest = split < 0 ? [] : words.slice(split + 1);
const unknown = names.filter((name) => !known.includes(name));

if (names.length === 0 || unknown.length > 0) {
  console.error(`${unknown.map((name) => `no benchmark ${name}; `).join('')}there are: ${known.join(', ')}`);
  process.exitCode = names.length === 0 ? 0 : 2;
} else {
  for (const name of names) {
    const { status } = spawnSync(
      process.execPath,
      [...(nodeFlags[name] ?? []), `${folder}${name}.js`, ...rest],
      {
        stdio: 'inherit',
      },
    );
    if (status !== 0) process.exitCode = 1;
  }
}
