import { arch, availableParallelism, cpus, totalmem } from 'node:os';
import { z } from 'zod';
import { makeFolder, readTextIfPresent, writeFileAtomic } from '../state/atomicFile.js';
import { packageVersion } from '../version.js';

const ms = z.number().positive();
const times = z.array(z.strictObject({ threads: z.int().positive(), ms })).readonly();

const verdictSchema = z.strictObject({
  verdictVersion: z.literal(3),
  /** Of the device and the program that measured. */
  fingerprint: z.string(),
  detector: z.strictObject({ name: z.string(), digest: z.string() }),
  trials: z
    .array(
      z.strictObject({
        engine: z.string(),
        version: z.string(),
        float: times,
        quantized: times,
        searchMs: ms.nullable(),
      }),
    )
    .readonly(),
});

/** What `detptq doctor` has measured of the engines of this device, kept for whoever has to choose one. */
export type EngineVerdict = Readonly<Omit<z.infer<typeof verdictSchema>, 'verdictVersion' | 'fingerprint'>>;

/** Returns what a measurement holds for: processor, memory, Node and this package. The engines' own versions are in the trials. */
export function deviceFingerprint(): string {
  const cpu = cpus()[0]?.model.trim() ?? 'unknown';
  const memory = `${Math.round(totalmem() / 1e9)} GB`;
  const software = `Node ${process.versions.node}, detptq ${packageVersion()}`;
  return `${cpu}, ${arch()}, ${availableParallelism()} cores, ${memory}, ${software}`;
}

/**
 * Returns the verdict that was kept for this very device and program; `undefined` where there is none, or one that
 * cannot be read: measuring anew mends both.
 */
export async function readVerdict(path: string): Promise<EngineVerdict | undefined> {
  try {
    const text = await readTextIfPresent(path);
    if (text === undefined) return undefined;
    const { fingerprint, detector, trials } = verdictSchema.parse(JSON.parse(text));
    return fingerprint === deviceFingerprint() ? { detector, trials } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps a verdict.
 *
 * @param folder of the file; made where it is missing
 * @throws AgentError `disk_full`, `file_unreadable`
 */
export async function writeVerdict(path: string, folder: string, verdict: EngineVerdict): Promise<void> {
  await makeFolder(folder);
  const document = { verdictVersion: 3, fingerprint: deviceFingerprint(), ...verdict };
  await writeFileAtomic(path, `${JSON.stringify(document, null, 2)}\n`);
}
