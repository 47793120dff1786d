import type { Checkpoint } from '../../calibrate/detptq/checkpoint.js';

/** Returns a checkpoint in memory that starts with `lines` and shows all that were appended. */
export function memoryCheckpoint(lines: readonly string[] = []): {
  checkpoint: Checkpoint;
  appended: string[];
} {
  const appended: string[] = [];
  const checkpoint: Checkpoint = {
    load: async () => lines,
    append: async (line) => {
      appended.push(line);
    },
  };
  return { checkpoint, appended };
}
