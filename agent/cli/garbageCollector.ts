import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Returns what collects this process's garbage. V8 shows its collector only to contexts that are made after it was told to. */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
