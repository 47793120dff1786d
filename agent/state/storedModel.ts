import { join } from 'node:path';
import { z } from 'zod';
import { type Manifest, parseManifest } from '../../runtime/detector/manifest.js';
import { manifestDigest } from '../../runtime/detector/modelFiles.js';
import { AgentError } from '../../runtime/errors.js';
import { readTextIfPresent } from './atomicFile.js';

/** One detector in the local store. */
export interface StoredModel {
  readonly name: string;
  /** A whole number from 1 per name, in order of adding. */
  readonly version: string;
  /** SHA-256 of the manifest, which names the SHA-256 of the weights: it stands for both. */
  readonly digest: string;
  readonly folder: string;
  readonly manifestPath: string;
  readonly manifest: Manifest;
  /** ISO 8601, UTC. */
  readonly addedAt: string;
}

/** Names within a model folder; a manifest must not give them to its weights. */
export const storedFiles = {
  manifest: 'manifest.json',
  entry: 'entry.json',
  selfTest: 'selftest.json',
  report: 'report.json',
} as const;

const entrySchema = z.object({ version: z.string().regex(/^[1-9]\d*$/), addedAt: z.iso.datetime() });

/** What the store adds to a model: written last, so that a folder with an entry is whole. */
export type StoreEntry = z.infer<typeof entrySchema>;

/**
 * Returns the model in `root/digest`, checked as far as its manifest; weights are checked when it is loaded.
 *
 * @throws AgentError `state_corrupt`, with what is wrong as its cause
 */
export async function readStoredModel(root: string, digest: string): Promise<StoredModel> {
  const folder = join(root, digest);
  const manifestPath = join(folder, storedFiles.manifest);
  try {
    const manifestText = await readRequired(manifestPath);
    const actual = manifestDigest(manifestText);
    if (actual !== digest) throw new Error(`the manifest's digest is ${actual}`);
    const manifest = parseManifest(manifestText, manifestPath);
    const entry = entrySchema.parse(JSON.parse(await readRequired(join(folder, storedFiles.entry))));
    return { name: manifest.name, digest, folder, manifestPath, manifest, ...entry };
  } catch (cause) {
    throw new AgentError(
      'state_corrupt',
      `${folder} is not a whole model and is passed over: ${messageOf(cause)}`,
      {
        cause,
        detail: { where: folder, mend: `rm -r ${folder}` },
      },
    );
  }
}

async function readRequired(path: string): Promise<string> {
  const text = await readTextIfPresent(path);
  if (text === undefined) throw new Error(`${path} is missing`);
  return text;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
