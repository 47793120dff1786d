import { z } from 'zod';
import type { ChosenForms } from '../../runtime/engines/loweringForms.js';
import { makeFolder, readTextIfPresent, writeFileAtomic } from '../state/atomicFile.js';
import { deviceFingerprint } from './engineVerdict.js';

const formsSchema = z.strictObject({
  formsVersion: z.literal(1),
  /** Of the device and the program that measured. */
  fingerprint: z.string(),
  /** By engine. */
  engines: z.record(z.string(), z.record(z.string(), z.string())),
});

/** By engine the forms that `detptq bench --lowering` found to be quicker here than those that are chosen. */
export type QuickerForms = Readonly<Record<string, ChosenForms>>;

/**
 * Returns the forms that were kept for this very device and program; none where nothing was kept, or what cannot be read:
 * measuring anew mends that.
 */
export async function readQuickerForms(path: string): Promise<QuickerForms> {
  try {
    const text = await readTextIfPresent(path);
    if (text === undefined) return {};
    const { fingerprint, engines } = formsSchema.parse(JSON.parse(text));
    return fingerprint === deviceFingerprint() ? engines : {};
  } catch {
    return {};
  }
}

/**
 * Keeps the forms of the engines that were measured, beside those of others.
 *
 * @param folder of the file; made where it is missing
 * @throws AgentError `disk_full`, `file_unreadable`
 */
export async function keepQuickerForms(path: string, folder: string, found: QuickerForms): Promise<void> {
  const engines = { ...(await readQuickerForms(path)), ...found };
  await makeFolder(folder);
  const document = { formsVersion: 1, fingerprint: deviceFingerprint(), engines };
  await writeFileAtomic(path, `${JSON.stringify(document, null, 2)}\n`);
}
