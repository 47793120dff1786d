import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { encodeJpeg } from '../../calibrate/frames/synthetic/encodeJpeg.js';
import { SceneRenderer } from '../../calibrate/frames/synthetic/sceneRenderer.js';
import { AgentError } from '../../runtime/errors.js';
import { annotateImage } from '../cli/annotate/annotateImage.js';
import type { DetectAnswer } from '../http/detectAnswer.js';
import { fileError, makeFolder } from '../state/atomicFile.js';

/** Later than any frame that a calibration takes, and far enough apart that other things come by. */
const firstIndex = 2000;
const stride = 23;

/** A picture stays readable from this score on. */
const leastScore = 0.3;

/**
 * Returns pictures of the demo's place that no calibration has seen, those with most to see in them first.
 *
 * @throws the reason of `signal`
 */
export async function scenePictures(
  seed: number,
  { count, signal }: { readonly count: number; readonly signal: AbortSignal },
): Promise<Uint8Array[]> {
  const renderer = new SceneRenderer({ site: 'hall', seed });
  const scenes: { bytes: Uint8Array; objects: number }[] = [];
  for (let number = 0; number < count; number++) {
    signal.throwIfAborted();
    const { image, truth } = renderer.render(firstIndex + number * stride);
    const objects = truth.filter(({ crowd }) => !crowd).length;
    scenes.push({ bytes: await encodeJpeg(image), objects });
    // Signals and timers get their turn.
    await sleep(0);
  }
  return scenes.sort((a, b) => b.objects - a.objects).map(({ bytes }) => bytes);
}

/** Asks the agent at `url` for the detections in each picture, and returns the pictures with boxes. */
export async function annotatedByAgent(
  url: string,
  pictures: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<Buffer[]> {
  const annotated: Buffer[] = [];
  for (const picture of pictures) {
    const response = await fetch(`${url}/v1/detect`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: new Uint8Array(picture),
      signal,
    });
    if (!response.ok) {
      const got = `${response.status} ${await response.text()}`;
      throw new AgentError('internal', `expected detections, got ${got}`, { detail: { got } });
    }
    const { detections } = (await response.json()) as DetectAnswer;
    const readable = detections.filter(({ score }) => score >= leastScore);
    annotated.push(await annotateImage(picture, readable));
  }
  return annotated;
}

/**
 * Writes `1-before.jpg`, `1-after.jpg` and so on to a folder, and `before-and-after.jpg`, which has the first of them
 * side by side.
 */
export async function writePictures(
  folder: string,
  { before, after }: { readonly before: readonly Buffer[]; readonly after: readonly Buffer[] },
): Promise<void> {
  try {
    await makeFolder(folder, 0o777);
    for (const [index, picture] of before.entries()) {
      await writeFile(join(folder, `${index + 1}-before.jpg`), picture);
      await writeFile(join(folder, `${index + 1}-after.jpg`), after[index]!);
    }
    await writeFile(join(folder, 'before-and-after.jpg'), await sideBySide(before[0]!, after[0]!));
  } catch (cause) {
    throw fileError(cause, 'write', folder);
  }
}

const gapPx = 8;

async function sideBySide(left: Buffer, right: Buffer): Promise<Buffer> {
  const { width, height } = await sharp(left).metadata();
  return sharp({ create: { width: 2 * width + gapPx, height, channels: 3, background: 'white' } })
    .composite([
      { input: left, left: 0, top: 0 },
      { input: right, left: width + gapPx, top: 0 },
    ])
    .jpeg({ quality: 90 })
    .toBuffer();
}
