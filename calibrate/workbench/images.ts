import type { PreparedImage, Processing } from '../../runtime/detector/processing.js';
import type { Frame } from '../frames/frame.js';
import { mapConcurrent } from '../mapConcurrent.js';
import { pixelBytes, tensorOfPixels } from './pixelBytes.js';
import type { Feed } from './workbench.js';

/** A set of frames, made ready for one network. */
export interface Images {
  readonly names: readonly string[];
  /** Where each picture lies in the network's input. */
  readonly pictures: readonly Pick<PreparedImage, 'transform'>[];
  /** Feeds of the network. */
  readonly inputs: readonly Feed[];
}

/** Decodings under way at once; they run outside the event loop. */
const decodingsInFlight = 2;

/** Where prepared inputs are held: a number of bytes that several sets of images draw on. */
export interface HeldBytes {
  left: number;
}

/**
 * Returns `frames` as inputs of a network, as bytes of pixels those that there is room for, and the others made anew for
 * every run: a frame takes less than half of its pixels, and decoding it a third of a run's time.
 *
 * @param options.held what there is room for; what is taken of it is gone
 * @throws AgentError what `Processing.prepare` throws, `aborted`
 */
export async function prepareImages(
  processing: Processing,
  frames: readonly Frame[],
  { held, signal }: { readonly held: HeldBytes; readonly signal?: AbortSignal | undefined },
): Promise<Images> {
  const { input } = processing.manifest;
  const prepared = await mapConcurrent(
    frames,
    async ({ bytes }) => {
      const { tensor, transform } = await processing.prepare(bytes);
      const pixels = pixelBytes(tensor, input);
      const isHeld = pixels !== undefined && pixels.byteLength <= held.left;
      if (isHeld) held.left -= pixels.byteLength;
      const feed: Feed = isHeld
        ? async () => ({ [input.name]: tensorOfPixels(pixels, input) })
        : async () => ({ [input.name]: (await processing.prepare(bytes)).tensor });
      return { transform, feed };
    },
    { limit: decodingsInFlight, signal },
  );
  return {
    names: frames.map(({ name }) => name),
    pictures: prepared.map(({ transform }) => ({ transform })),
    inputs: prepared.map(({ feed }) => feed),
  };
}
