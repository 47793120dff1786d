import { AgentError } from '../../runtime/errors.js';
import { type InstalledEngine, installLitert, removeLitert } from '../engines/installLitert.js';
import { localStatePaths } from './localState.js';

/** Installs the engine of that name in this user's state folder. @throws AgentError `usage`, those of `installLitert` */
export async function installEngine(
  name: string,
  options: { readonly from?: string; readonly signal: AbortSignal },
): Promise<InstalledEngine> {
  assertInstallable(name);
  return installLitert({ libraryPath: localStatePaths().litertLibrary, ...options });
}

/** @throws AgentError `usage`, `file_unreadable` */
export async function removeEngine(
  name: string,
): Promise<{ readonly name: string; readonly path: string; readonly wasThere: boolean }> {
  assertInstallable(name);
  const path = localStatePaths().litertLibrary;
  return { name, path, wasThere: await removeLitert(path) };
}

function assertInstallable(name: string): void {
  if (name === 'litert') return;
  throw new AgentError(
    'usage',
    `expected an engine that has to be installed, which is litert, got "${name}"`,
    {
      detail: { expected: ['litert'], got: name },
    },
  );
}
