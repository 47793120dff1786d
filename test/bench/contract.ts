/**
 * Runs the tests that every engine has to pass and prints, for each engine, how many passed of each kind, and how many were skipped
 * since the engine does not work here or the CPU imitates its GPU.
 *
 *     [DETPTQ_ENGINES__CHROMIUM=/path/to/chromium] node dist/test/bench/contract.js [--only ops,engines]
 *
 * Exits 1 if a test failed, after naming it.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { projectRoot } from '../helpers/paths.js';

const { values: options } = parseArgs({ options: { only: { type: 'string' } } });
/** By test file. */
const kinds = { ops: 'operators', models: 'detectors', engines: 'sessions', search: 'searches' };
const files = options.only?.split(',') ?? Object.keys(kinds);

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const own = files.map((file) => `dist/test/contract/${file}.test.js`);
const { stdout } = spawnSync('npx', ['ava', '--tap', '--timeout', '10m', ...own], {
  cwd: projectRoot,
  encoding: 'utf8',
  maxBuffer: 1e9,
});

const counts = new Map<string, Map<string, Count>>();
for (const line of stdout.split('\n')) {
  const words = /^(?<not>not )?ok \d+ - (?:contract › )?(?:(?<file>\w+) › )?(?<title>.*)$/.exec(line)?.groups;
  if (words === undefined) continue;
  const title = words.title!;
  if (words.not) console.log(`failed: ${title}`);
  // An engine that does not work here has the reason behind its name.
  const engine =
    /^([\w-]+(?: as one graph)?)(?: \(.*\))?(?: in its own thread)?: /.exec(title)?.[1] ?? 'other';
  const kind = words.file ?? files[0]!;
  const byKind = counts.get(engine) ?? new Map<string, Count>();
  const count = byKind.get(kind) ?? { passed: 0, failed: 0, skipped: 0 };
  if (words.not) count.failed += 1;
  else if (/# SKIP/.test(title)) count.skipped += 1;
  else count.passed += 1;
  counts.set(engine, byKind.set(kind, count));
}

const cells = [...files.map((file) => kinds[file as keyof typeof kinds]), 'skipped'];
console.log(`| engine | ${cells.join(' | ')} |\n|${'---|'.repeat(cells.length + 1)}`);
let failed = 0;
for (const [engine, byKind] of counts) {
  const passed = files.map((file) => {
    const count = byKind.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
    failed += count.failed;
    return count.failed > 0 ? `${count.passed}, ${count.failed} failed` : `${count.passed}`;
  });
  const skipped = [...byKind.values()].reduce((sum, count) => sum + count.skipped, 0);
  console.log(`| \`${engine}\` | ${passed.join(' | ')} | ${skipped} |`);
}
process.exit(failed === 0 && counts.size > 0 ? 0 : 1);
