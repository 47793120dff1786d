import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { removeUnfinished } from '../../runtime/engines/engineCache.js';
import { libraryFile, litertVersion } from '../../runtime/engines/litert/library/libraryRelease.js';
import { toAgentError } from '../../runtime/errors.js';
import { fileError, makeFolder, syncFolder } from './atomicFile.js';
import { jobOfFolder } from './jobFolder.js';
import { acquireStateLock } from './stateLock.js';

export interface StateFolderQuery {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
  /** User id; 0 is root, as which the service runs. */
  readonly uid: number;
}

/**
 * Returns the absolute path of the state folder: `DETPTQ_STATE_DIR`, else `$XDG_STATE_HOME/detptq`, else
 * `/var/lib/detptq` for root and `~/.local/state/detptq` for anybody else.
 */
export function stateFolderPath({ env, homeFolder, uid }: StateFolderQuery): string {
  if (env.DETPTQ_STATE_DIR) return resolve(env.DETPTQ_STATE_DIR);
  if (env.XDG_STATE_HOME) return resolve(env.XDG_STATE_HOME, 'detptq');
  return uid === 0 ? '/var/lib/detptq' : resolve(homeFolder, '.local/state/detptq');
}

/** The paths of everything durable. Deleting the folder gives a factory-new agent. */
export interface StatePaths {
  readonly root: string;
  readonly models: string;
  readonly activePointer: string;
  readonly jobs: string;
  readonly mqttSession: string;
  /** LiteRT's library, where it was installed; of the release in its name, so that another is no mistake for it. */
  readonly litertLibrary: string;
  /** What was measured of the engines. */
  readonly engineVerdict: string;
  /** The forms of lowered models that were found to be quicker here than those that are chosen. */
  readonly quickerForms: string;
  /** Scratch of jobs, one folder per job id; emptied at every start, but for jobs that go on. */
  readonly work: string;
  /** What engines made of models for this device; may be emptied at any time. */
  readonly engineCache: string;
}

export function statePaths(root: string): StatePaths {
  return {
    root,
    models: join(root, 'models'),
    activePointer: join(root, 'active.json'),
    jobs: join(root, 'jobs'),
    mqttSession: join(root, 'mqtt-session.json'),
    litertLibrary: join(root, 'engines', `litert-${litertVersion}`, libraryFile),
    engineVerdict: join(root, 'engines.json'),
    quickerForms: join(root, 'quicker-forms.json'),
    work: join(root, 'work'),
    engineCache: join(root, 'engine-cache'),
  };
}

export interface OwnedState {
  readonly paths: StatePaths;
  release(): Promise<void>;
}

/**
 * Creates the state folder where it is missing and locks it for this process, which then is its only writer.
 * (The model store alone may be written without the lock: its entries are content-addressed.) Where that takes more
 * space than there is, what engines made goes first.
 *
 * @param goingOn returns, of the folder of the jobs' journal, the ids of those that go on; their scratch is kept
 * @throws AgentError `state_locked`, `disk_full`, `file_unreadable`
 */
export async function ownState(root: string, goingOn: GoingOn = async () => []): Promise<OwnedState> {
  const paths = statePaths(root);
  try {
    return await lockAndPrepare(paths, goingOn);
  } catch (error) {
    if (toAgentError(error).code !== 'disk_full') throw error;
    // Unlike scratch, which may be that of an agent that runs: only the lock tells.
    await rm(paths.engineCache, { recursive: true, force: true }).catch(() => undefined);
    return lockAndPrepare(paths, goingOn);
  }
}

type GoingOn = (jobsFolder: string) => Promise<readonly string[]>;

async function lockAndPrepare(paths: StatePaths, goingOn: GoingOn): Promise<OwnedState> {
  const { root } = paths;
  await makeFolder(root);
  const release = await acquireStateLock(join(root, 'agent.lock'));
  try {
    await makeFolder(paths.jobs);
    await renewScratch(paths, await goingOn(paths.jobs));
    await removeUnfinished(paths.engineCache);
    await makeFolder(paths.models);
  } catch (error) {
    await release();
    throw error;
  }
  return { paths, release };
}

const asidePrefix = '.old-work-';

/**
 * Makes the scratch folder anew. By one rename first: a child that outlived its agent may still write, which makes a removal fail. The
 * folders of kept jobs are moved, which takes no space; a job names its folder by the attempt, so that such a child does not find it again.
 */
async function renewScratch({ root, work }: StatePaths, kept: readonly string[]): Promise<void> {
  try {
    const names = await readdir(root);
    if (names.includes(basename(work))) {
      const aside = `${asidePrefix}${randomUUID()}`;
      await rename(work, join(root, aside));
      names.push(aside);
    }
    await makeFolder(work);
    const asides = names.filter((name) => name.startsWith(asidePrefix));
    for (const aside of asides) {
      for (const name of await readdir(join(root, aside)))
        if (kept.includes(jobOfFolder(name))) await rename(join(root, aside, name), join(work, name));
    }
    await syncFolder(work);
    for (const aside of asides) {
      await rm(join(root, aside), { recursive: true, force: true, maxRetries: 5 });
    }
  } catch (cause) {
    throw fileError(cause, 'remove', work);
  }
}
