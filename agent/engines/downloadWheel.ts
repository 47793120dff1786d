import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { litertPackage, litertVersion } from '../../runtime/engines/litert/library/libraryRelease.js';
import { AgentError } from '../../runtime/errors.js';

/** How wheels of the release call the processors that they are for. */
const platforms: Readonly<Record<string, string>> = {
  x64: 'manylinux_2_27_x86_64',
  arm64: 'manylinux_2_27_aarch64',
};

/** The library does not depend on it, but wheels are made for one each. */
const pythonVersion = '3.11';

export interface DownloadOptions {
  /** Where the wheel is put; made by the caller. */
  readonly folder: string;
  /** As `process.arch`; one that the release is made for. */
  readonly arch: string;
  readonly signal: AbortSignal;
  /** The Python whose pip is asked. Default `python3`. */
  readonly python?: string;
}

/**
 * Returns the path of the wheel, fetched by the box's own pip with the package index that it is set up for.
 *
 * @throws AgentError `pip_missing`, `download_failed`, `aborted`
 */
export async function downloadWheel({
  folder,
  arch,
  signal,
  python = 'python3',
}: DownloadOptions): Promise<string> {
  const options = [
    ...['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--progress-bar=off'],
    ...['--implementation', 'cp', '--python-version', pythonVersion],
    ...['--platform', platforms[arch]!, '--dest', folder],
  ];
  try {
    await promisify(execFile)(
      python,
      ['-m', 'pip', 'download', ...options, `${litertPackage}==${litertVersion}`],
      { signal },
    );
  } catch (cause) {
    throw failure(cause as ChildFailure, signal);
  }
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel !== undefined) return join(folder, wheel);
  throw new AgentError('download_failed', `pip put no wheel of ${litertPackage} in ${folder}`);
}

interface ChildFailure extends Error {
  readonly code?: string | number;
  readonly stderr?: string;
}

function failure(cause: ChildFailure, signal: AbortSignal): AgentError {
  if (signal.aborted) return new AgentError('aborted', 'the download was cancelled', { cause });
  const said = cause.stderr ?? '';
  if (cause.code === 'ENOENT' || /No module named '?pip/.test(said)) {
    const mend = 'apt-get install python3-pip';
    const message =
      'expected Python with pip, found none; or take the library along: detptq engines install litert --from FILE.whl';
    return new AgentError('pip_missing', message, { cause, detail: { mend } });
  }
  const reason =
    said
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('ERROR'))
      .at(-1) ?? cause.message;
  const message = `pip could not fetch ${litertPackage} ${litertVersion}: ${reason}`;
  return new AgentError('download_failed', message, { cause });
}
