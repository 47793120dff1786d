import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AgentError } from '../../../errors.js';

/** As distributions and makers call it, the freest first. */
const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Where Debian, Ubuntu, Alpine, Fedora and snaps put them: a service's PATH is not what decides. */
const systemFolders = ['/usr/bin', '/usr/local/bin', '/snap/bin', '/opt/google/chrome'];

const playwrightFolder = join(homedir(), '.cache', 'ms-playwright');

/**
 * Returns the path of a Chromium: the one configured, else the system's, else the newest that Playwright has installed
 * for this user.
 *
 * @throws AgentError `engine_unavailable`, with the command that installs one
 */
export async function findChromium(configured?: string): Promise<string> {
  const candidates =
    configured === undefined ? [...systemCandidates(), ...(await playwrightCandidates())] : [configured];
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  const mend = 'apt-get install chromium';
  const what = configured === undefined ? 'no Chromium is installed' : `"${configured}" is no program`;
  throw new AgentError('engine_unavailable', `${what}; mend: ${mend}`, {
    detail: { expected: configured ?? names, mend },
  });
}

function systemCandidates(): string[] {
  return systemFolders.flatMap((folder) => names.map((name) => join(folder, name)));
}

async function playwrightCandidates(): Promise<string[]> {
  const entries = await readdir(playwrightFolder).catch(() => []);
  return entries
    .map((entry) => /^chromium-(\d+)$/.exec(entry))
    .filter((match) => match !== null)
    .sort((a, b) => Number(b[1]) - Number(a[1]))
    .flatMap(([entry]) =>
      ['chrome-linux', 'chrome-linux64'].map((folder) => join(playwrightFolder, entry, folder, 'chrome')),
    );
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
