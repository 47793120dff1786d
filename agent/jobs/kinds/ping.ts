import type { JobKind } from '../jobKind.js';

/** Does nothing, successfully: proves that commands arrive, are journaled and are answered. */
export function pingJob(): JobKind {
  return {
    name: 'ping',
    parseParams: () => ({}),
    run: async () => ({}),
  };
}
