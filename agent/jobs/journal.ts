import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AgentError, errorCodes } from '../../runtime/errors.js';
import { fileError, readTextIfPresent, syncFolder, writeFileAtomic } from '../state/atomicFile.js';
import { goesOn, isOpen, type JobRecord } from './jobRecord.js';

/** The form of a job id, which is a topic segment and a file name. */
export const jobIdPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** How far a step is, as a job's status tells it. */
export const progressSchema = z
  .object({
    stage: z.string().optional(),
    done: z.number(),
    total: z.number(),
    odol: z.number().optional(),
    etaS: z.number().optional(),
  })
  .nullable();

/** Why a job ended as it did. */
export const reasonSchema = z
  .object({
    code: z.enum(Object.keys(errorCodes) as [keyof typeof errorCodes]),
    message: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .nullable();

const recordSchema = z.object({
  jobId: z.string().regex(jobIdPattern),
  kind: z.string(),
  params: z.record(z.string(), z.unknown()),
  seq: z.int(),
  status: z.enum(['QUEUED', 'IN_PROGRESS', 'SUCCEEDED', 'FAILED', 'REJECTED', 'TIMED_OUT', 'CANCELED']),
  step: z.string().nullable(),
  progress: progressSchema,
  stepDeadline: z.string().nullable(),
  // Records of older versions have neither.
  resumable: z.boolean().default(false),
  attempt: z.int().default(1),
  reason: reasonSchema,
  metrics: z.record(z.string(), z.unknown()).nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

export interface JournalReading {
  /** By time of creation. */
  readonly records: readonly JobRecord[];
  /** `state_corrupt` for each file that holds no job; such a job is unknown from now on. */
  readonly problems: readonly AgentError[];
}

/** One file per job. A write has returned only when the record would survive a power cut. */
export class Journal {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws AgentError `disk_full`, `file_unreadable` */
  async write(record: JobRecord): Promise<void> {
    await writeFileAtomic(this.#path(record.jobId), JSON.stringify(record));
  }

  /** @throws AgentError `file_unreadable` when the folder itself cannot be read */
  async readAll(): Promise<JournalReading> {
    const names = await this.#names();
    const records: JobRecord[] = [];
    const problems: AgentError[] = [];
    for (const name of names) {
      const path = join(this.#folder, name);
      try {
        const record = recordSchema.parse(JSON.parse((await readTextIfPresent(path)) ?? '')) as JobRecord;
        if (`${record.jobId}.json` !== name) throw new Error(`it holds job ${record.jobId}`);
        records.push(record);
      } catch (cause) {
        const message = `${path} is not a valid job record and is passed over`;
        problems.push(new AgentError('state_corrupt', message, { cause, detail: { where: path } }));
      }
    }
    records.sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.seq - b.seq);
    return { records, problems };
  }

  /** Removes the record of a job, which takes no space. @throws AgentError `file_unreadable` */
  async remove(jobId: string): Promise<void> {
    try {
      await rm(this.#path(jobId), { force: true });
      await syncFolder(this.#folder);
    } catch (cause) {
      throw fileError(cause, 'remove', this.#folder);
    }
  }

  /** Removes the oldest closed jobs beyond `keep` and returns the ids of the removed. */
  async prune(records: readonly JobRecord[], keep: number): Promise<string[]> {
    const closed = records.filter((record) => !isOpen(record));
    const removed = closed.slice(0, Math.max(0, closed.length - keep)).map(({ jobId }) => jobId);
    if (removed.length === 0) return removed;
    try {
      for (const jobId of removed) await rm(this.#path(jobId), { force: true });
      await syncFolder(this.#folder);
    } catch (cause) {
      throw fileError(cause, 'remove', this.#folder);
    }
    return removed;
  }

  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => name.endsWith('.json'));
    } catch (cause) {
      throw fileError(cause, 'read', this.#folder);
    }
  }

  #path(jobId: string): string {
    return join(this.#folder, `${jobId}.json`);
  }
}

/** Returns the ids of the jobs in a journal's folder that go on at the next start. @throws AgentError `file_unreadable` */
export async function idsThatGoOn(folder: string): Promise<string[]> {
  const { records } = await new Journal(folder).readAll();
  return records.filter(goesOn).map(({ jobId }) => jobId);
}
