import { readFileSync } from 'node:fs';

/** Returns the version of this package, from its `package.json`. */
export function packageVersion(): string {
  // Compiled, this file is `dist/agent/version.js`.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
