import { homedir } from 'node:os';
import { type StatePaths, stateFolderPath, statePaths } from '../state/stateFolder.js';

/** Returns the paths of this user's state, which the environment may move (`DETPTQ_STATE_DIR`). Touches no file. */
export function localStatePaths(): StatePaths {
  const uid = process.getuid?.() ?? -1;
  return statePaths(stateFolderPath({ env: process.env, homeFolder: homedir(), uid }));
}
