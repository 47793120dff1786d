import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AgentError } from '../errors.js';
import { assertFiniteWeights } from '../graph/finiteWeights.js';
import type { Graph } from '../graph/graph.js';
import { decodeOnnx } from '../graph/onnxCodec.js';
import { type Manifest, parseManifest } from './manifest.js';
import { assertManifestFits } from './manifestFit.js';

/** A detector's two files, read and checked. */
export interface ModelFiles {
  readonly manifest: Manifest;
  /** The manifest's bytes as text, unchanged. */
  readonly manifestText: string;
  readonly graph: Graph;
  /** The ONNX file. */
  readonly modelBytes: Uint8Array;
  /** `manifestDigest(manifestText)` */
  readonly digest: string;
  /** Absolute path of the folder that holds both files. */
  readonly folder: string;
}

/**
 * Returns what identifies a model: the SHA-256 of its manifest's text, 64 hexadecimal digits. The manifest names
 * the weights' SHA-256, so this one digest stands for both files.
 */
export function manifestDigest(manifestText: string): string {
  return sha256(Buffer.from(manifestText, 'utf8'));
}

/**
 * Reads a detector and checks everything that can be checked without running it.
 *
 * @param path a manifest, or a folder with exactly one (other JSON files there have no `manifestVersion`)
 * @throws AgentError `file_not_found`, `file_unreadable`, `manifest_invalid`, `manifest_digest_mismatch`,
 *   `manifest_model_mismatch`, `weights_not_finite`, and what `decodeOnnx` throws
 */
export async function readModelFiles(path: string): Promise<ModelFiles> {
  const manifestPath = await findManifest(resolve(path));
  const folder = dirname(manifestPath);
  const manifestText = (await readBytes(manifestPath)).toString('utf8');
  const manifest = parseManifest(manifestText, manifestPath);
  // The schema admits plain file names only, so this stays in the folder.
  const modelPath = join(folder, manifest.model.file);
  const modelBytes = await readVerified(modelPath, manifest);
  const graph = decodeOnnx(modelBytes, modelPath);
  assertFiniteWeights(graph, modelPath);
  assertManifestFits(manifest, graph, manifestPath);
  return { manifest, manifestText, graph, modelBytes, digest: manifestDigest(manifestText), folder };
}

async function findManifest(path: string): Promise<string> {
  const info = await fileInfo(path);
  if (!info.isDirectory()) return path;
  const names = (await readdir(path)).filter((name) => name.endsWith('.json')).sort();
  const manifests: string[] = [];
  for (const name of names) if (await looksLikeManifest(join(path, name))) manifests.push(name);
  if (manifests.length === 1) return join(path, manifests[0]!);
  const expected = 'exactly one manifest (a .json file with manifestVersion)';
  const got = manifests.join(', ') || 'none';
  const code = manifests.length === 0 ? 'file_not_found' : 'manifest_invalid';
  throw new AgentError(code, `${path}: expected ${expected}, got ${got}`, {
    detail: { where: path, expected, got },
  });
}

/** A file that is not JSON is no manifest here: only a path that is named outright has to be one. */
async function looksLikeManifest(path: string): Promise<boolean> {
  try {
    const value: unknown = JSON.parse((await readBytes(path)).toString('utf8'));
    return typeof value === 'object' && value !== null && 'manifestVersion' in value;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

async function readVerified(path: string, { model }: Manifest): Promise<Uint8Array> {
  const { size } = await fileInfo(path);
  if (size !== model.sizeBytes) throw digestMismatch(path, 'sizeBytes', [model.sizeBytes, size]);
  const bytes = await readBytes(path);
  const digest = sha256(bytes);
  if (digest !== model.sha256) throw digestMismatch(path, 'sha256', [model.sha256, digest]);
  return bytes;
}

function digestMismatch(
  path: string,
  key: 'sizeBytes' | 'sha256',
  [expected, got]: readonly [expected: string | number, got: string | number],
): AgentError {
  return new AgentError(
    'manifest_digest_mismatch',
    `${path}: manifest key model.${key}: expected ${expected}, got ${got}`,
    { detail: { where: `model.${key}`, expected, got } },
  );
}

async function fileInfo(path: string) {
  try {
    return await stat(path);
  } catch (cause) {
    throw fileError(path, cause);
  }
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(path, cause);
  }
}

function fileError(path: string, cause: unknown): AgentError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return missing
    ? new AgentError('file_not_found', `${path}: no such file or folder`, { cause, detail: { where: path } })
    : new AgentError('file_unreadable', `${path}: ${message}`, { cause, detail: { where: path } });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
