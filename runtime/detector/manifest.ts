import { z } from 'zod';
import { AgentError } from '../errors.js';
import { headSchema } from './headSchema.js';

/** The manifest of a detector, version 1: all that is needed to run it. `docs/manifest.md` is its reference. */

const positive = z.number().positive();
const channelTriple = z.tuple([z.number(), z.number(), z.number()]);
const tensorName = z.string().min(1);

const quantizedLayer = z.strictObject({
  name: z.string(),
  weightBits: z.int().min(2).max(8),
  activationBits: z.int().min(2).max(8),
  /** The p of the Lp metric that chose this layer's scales; `"inf"` is min-max. */
  p: z.union([positive, z.literal('inf')]),
});

const quantization = z.strictObject({
  /** Digest of the float model's manifest. */
  parent: z.string(),
  recipe: z.string(),
  weightBits: z.int().min(2).max(8),
  activationBits: z.int().min(2).max(8),
  /** `executed` when an engine can run the file in 8-bit integers as it is, `simulated` below 8 activation bits. */
  activations: z.enum(['executed', 'simulated']),
  layers: z.array(quantizedLayer),
  /** SHA-256 over every scale and zero point, in graph order. */
  scalesDigest: z.string(),
  calibration: z.strictObject({ digest: z.string(), frames: z.int().positive() }),
  odol: z.number(),
  agreement: z.number().min(0).max(1).nullable(),
  engine: z.string(),
  seed: z.int(),
  toolVersion: z.string(),
});

export const manifestSchema = z.strictObject({
  manifestVersion: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be a-z, 0-9, ".", "_" or "-", at most 64 long'),
  labels: z.union([z.literal('coco80'), z.array(z.string().min(1)).min(1)]),
  model: z.strictObject({
    file: z
      .string()
      .regex(/^(?!\.\.?$)[^/\\\0]+$/, 'must be a plain file name in the folder of the manifest'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits, lower case'),
    sizeBytes: z.int().positive(),
  }),
  input: z.strictObject({
    name: tensorName,
    shape: z.tuple([z.literal(1), z.literal(3), z.int().min(1).max(8192), z.int().min(1).max(8192)]),
    layout: z.literal('NCHW'),
    color: z.enum(['RGB', 'BGR']),
    mean: channelTriple,
    std: z.tuple([positive, positive, positive]),
    resize: z.enum(['stretch', 'letterbox', 'letterbox-top-left']),
    padValue: z.number().min(0).max(255),
    interpolation: z.enum(['bilinear', 'cubic']),
  }),
  head: headSchema,
  postprocess: z.strictObject({
    scoreThreshold: z.number().min(0).max(1),
    iouThreshold: z.number().min(0).max(1),
    maxDetections: z.int().positive().max(10_000),
    classAware: z.boolean(),
  }),
  license: z.string().optional(),
  reference: z.unknown().optional(),
  quantization: quantization.optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type HeadManifest = Manifest['head'];
export type InputManifest = Manifest['input'];

export type QuantizationManifest = z.infer<typeof quantization>;

/**
 * Returns the manifest that `text` holds, checked and frozen.
 *
 * @param text JSON
 * @param where a path or other name of the source, for messages
 * @throws AgentError `manifest_invalid`, naming the key
 */
export function parseManifest(text: string, where: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AgentError('manifest_invalid', `${where}: expected JSON: ${(cause as Error).message}`, {
      cause,
      detail: { where },
    });
  }
  const result = manifestSchema.safeParse(value);
  if (result.success) return Object.freeze(result.data);
  const issue = result.error.issues[0]!;
  const key = issue.path.join('.') || '(top level)';
  throw new AgentError('manifest_invalid', `${where}: key ${key}: ${issue.message}`, {
    detail: { where, key, expected: issue.message },
  });
}
