import { createHash } from 'node:crypto';
import {
  libraryInWheel,
  librarySha256,
  litertPackage,
  litertVersion,
} from '../../runtime/engines/litert/library/libraryRelease.js';
import { AgentError, toAgentError } from '../../runtime/errors.js';
import { zipEntry, zipNames } from './zipEntry.js';

/** `e_machine` of ELF files by `process.arch`. */
const elfMachines: Readonly<Record<string, number>> = { x64: 0x3e, arm64: 0xb7 };
const elfMark = 0x7f454c46;

/**
 * Returns LiteRT's library, checked to be the one for this processor that the program is made for.
 *
 * @param file the library itself, or a wheel that holds it
 * @param path where the file comes from, for messages
 * @throws AgentError `engine_library_invalid`
 */
export function litertLibrary(file: Buffer, path: string, arch: string): Buffer {
  const isLibrary = file.length > 4 && file.readUInt32BE(0) === elfMark;
  const library = isLibrary ? file : fromWheel(file, path);
  assertProcessor(library, path, arch);
  const expected = librarySha256[arch];
  const got = createHash('sha256').update(library).digest('hex');
  if (got === expected) return library;
  throw invalid(
    `${path}: expected the library of ${litertPackage} ${litertVersion} with SHA-256 ${expected}, got ${got}`,
    path,
  );
}

function fromWheel(wheel: Buffer, path: string): Buffer {
  try {
    const version = wheelVersion(zipNames(wheel));
    if (version !== litertVersion) {
      throw invalid(`${path}: expected a wheel of ${litertPackage} ${litertVersion}, got ${version}`, path);
    }
    const library = zipEntry(wheel, libraryInWheel);
    if (library !== undefined) return library;
    throw invalid(`${path}: expected ${libraryInWheel} in it, found none`, path);
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    const { message } = toAgentError(cause);
    throw invalid(`${path}: expected a wheel or a shared library, but ${message}`, path, cause);
  }
}

/** Returns the version of the package, as the name of the folder with its description says. */
function wheelVersion(names: readonly string[]): string {
  for (const name of names) {
    const [, version] = /^ai_edge_litert-([^/]+)\.dist-info\//.exec(name) ?? [];
    if (version !== undefined) return version;
  }
  return 'another package';
}

function assertProcessor(library: Buffer, path: string, arch: string): void {
  const machine = library.length < 20 || library.readUInt32BE(0) !== elfMark ? 0 : library.readUInt16LE(18);
  if (machine === elfMachines[arch]) return;
  const got = Object.keys(elfMachines).find((name) => elfMachines[name] === machine) ?? 'another or none';
  throw invalid(`${path}: expected a library for ${arch}, got one for ${got}`, path);
}

function invalid(message: string, path: string, cause?: unknown): AgentError {
  const mend = 'detptq engines install litert';
  return new AgentError('engine_library_invalid', message, { cause, detail: { where: path, mend } });
}
