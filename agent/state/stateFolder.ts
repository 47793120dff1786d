import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { removeUnfinished } from '../../runtime/engines/engineCache.js';
import { libraryFile, litertVersion } from '../../runtime/engines/litert/library/libraryRelease.js';
import { toAgentError } from '../../runtime/errors.js';
import { fileError, makeFolder } from './atomicFile.js';
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
  /** Scratch of jobs, one folder per job id; emptied at every start. */
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
 * @throws AgentError `state_locked`, `disk_full`, `file_unreadable`
 */
export async function ownState(root: string): Promise<OwnedState> {
  const paths = statePaths(root);
  try {
    return await lockAndPrepare(paths);
  } catch (error) {
    if (toAgentError(error).code !== 'disk_full') throw error;
    // Unlike scratch, which may be that of an agent that runs: only the lock tells.
    await rm(paths.engineCache, { recursive: true, force: true }).catch(() => undefined);
    return lockAndPrepare(paths);
  }
}

async function lockAndPrepare(paths: StatePaths): Promise<OwnedState> {
  const { root } = paths;
  await makeFolder(root);
  const release = await acquireStateLock(join(root, 'agent.lock'));
  try {
    await removeScratch(paths);
    await removeUnfinished(paths.engineCache);
    for (const folder of [paths.models, paths.jobs, paths.work]) await makeFolder(folder);
  } catch (error) {
    await release();
    throw error;
  }
  return { paths, release };
}

const asidePrefix = '.old-work-';

/** By one rename first: a child that outlived its agent may still write, which makes a removal fail. */
async function removeScratch({ root, work }: StatePaths): Promise<void> {
  try {
    const names = await readdir(root);
    if (names.includes(basename(work))) {
      const aside = `${asidePrefix}${randomUUID()}`;
      await rename(work, join(root, aside));
      names.push(aside);
    }
    for (const name of names.filter((name) => name.startsWith(asidePrefix))) {
      await rm(join(root, name), { recursive: true, force: true, maxRetries: 5 });
    }
  } catch (cause) {
    throw fileError(cause, 'remove', work);
  }
}
