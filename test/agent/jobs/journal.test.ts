import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { queuedJob, transition } from '../../../agent/jobs/jobRecord.js';
import { Journal } from '../../../agent/jobs/journal.js';
import { AgentError } from '../../../runtime/errors.js';
import { tempFolder } from '../../helpers/tempFolder.js';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const job = (jobId: string, second: number) =>
  queuedJob({ jobId, kind: 'ping', params: { frames: 3 } }, { seq: second, at: at(second) });
const closed = (jobId: string, second: number) =>
  transition(
    job(jobId, second),
    { type: 'fail', reason: new AgentError('gate_agreement', 'x', { detail: { required: 1 } }).toJSON() },
    { seq: second, at: at(second) },
  );

test('records are read back as they were written, in order of creation', async (t) => {
  const folder = tempFolder();
  const journal = new Journal(folder);
  const records = [job('second', 2), closed('first', 1)];
  for (const record of records) await journal.write(record);
  t.deepEqual(await new Journal(folder).readAll(), { records: [records[1]!, records[0]!], problems: [] });
});

test('a later record of a job takes the place of the earlier', async (t) => {
  const journal = new Journal(tempFolder());
  await journal.write(job('a', 1));
  await journal.write(closed('a', 1));
  t.deepEqual((await journal.readAll()).records, [closed('a', 1)]);
});

test('a file that holds no job is a problem, and the others are read', async (t) => {
  const folder = tempFolder();
  const journal = new Journal(folder);
  await journal.write(job('good', 1));
  await writeFile(join(folder, 'cut.json'), JSON.stringify(job('cut', 1)).slice(0, 40));
  await writeFile(join(folder, 'renamed.json'), JSON.stringify(job('other', 1)));
  await writeFile(join(folder, 'empty.json'), '');
  await writeFile(join(folder, 'good.json.new'), 'a write that a power cut ended');
  const { records, problems } = await journal.readAll();
  t.deepEqual(
    records.map(({ jobId }) => jobId),
    ['good'],
  );
  t.deepEqual(
    problems.map(({ code, detail }) => [code, detail.where]),
    ['cut', 'empty', 'renamed'].map((name) => ['state_corrupt', join(folder, `${name}.json`)]),
  );
});

test('only the newest closed jobs are kept, and every open one', async (t) => {
  const folder = tempFolder();
  const journal = new Journal(folder);
  const records = [job('open', 0), closed('a', 1), closed('b', 2), closed('c', 3)];
  for (const record of records) await journal.write(record);
  t.deepEqual(await journal.prune(records, 1), ['a', 'b']);
  t.deepEqual((await readdir(folder)).sort(), ['c.json', 'open.json']);
});

test('a journal without its folder is an error, not an empty one', async (t) => {
  const journal = new Journal(join(tempFolder(), 'gone'));
  const error = await t.throwsAsync(journal.readAll(), { instanceOf: AgentError });
  t.is(error?.code, 'file_not_found');
});
