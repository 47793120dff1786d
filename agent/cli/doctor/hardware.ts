import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { cpuFeatures, cpuName } from './cpuInfo.js';

export interface Hardware {
  readonly cpu: {
    readonly name: string;
    readonly architecture: string;
    /** That this process may use. */
    readonly cores: number;
    readonly features: readonly string[];
  };
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
  readonly disk: { readonly path: string; readonly totalBytes: number; readonly freeBytes: number };
}

/** @param stateFolder whose disk is looked at; it need not exist yet */
export async function readHardware(stateFolder: string): Promise<Hardware> {
  const cpuInfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return {
    cpu: {
      name: cpuName(cpuInfo) ?? cpus()[0]?.model ?? 'unknown',
      architecture: arch(),
      cores: availableParallelism(),
      features: cpuFeatures(cpuInfo),
    },
    memory: { totalBytes: totalmem(), availableBytes: process.availableMemory() },
    disk: await diskOf(stateFolder),
  };
}

async function diskOf(folder: string): Promise<Hardware['disk']> {
  let path = folder;
  while (!existsSync(path) && path !== dirname(path)) path = dirname(path);
  const { bsize, blocks, bavail } = await statfs(path);
  return { path: folder, totalBytes: bsize * blocks, freeBytes: bsize * bavail };
}
