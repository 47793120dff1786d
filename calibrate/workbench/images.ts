import type { PreparedImage, Processing } from '../../runtime/detector/processing.js';
import type { Frame } from '../frames/frame.js';
import { mapConcurrent } from '../mapConcurrent.js';
import { pixelBytes, tensorOfPixels } from './pixelBytes.js';
import type { Shelf } from './tensorStore.js';
import { type Feed, tensorsOf } from './workbench.js';

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

/**
 * Returns `frames` as inputs of a network, kept as bytes of pixels: preparing them anew for every run would take a third of its time.
 *
 * @param options.shelf keeps them; whoever made it clears it when the inputs are needed no more
 * @throws AgentError what `Processing.prepare` throws, `aborted`
 */
export async function prepareImages(
  processing: Processing,
  frames: readonly Frame[],
  { shelf, signal }: { readonly shelf: Shelf; readonly signal?: AbortSignal | undefined },
): Promise<Images> {
  const { input } = processing.manifest;
  const prepared = await mapConcurrent(
    frames,
    async ({ bytes }, image) => {
      const { tensor, transform } = await processing.prepare(bytes);
      const pixels = pixelBytes(tensor, input);
      const data = await shelf.keep(image, { [input.name]: pixels ?? tensor });
      const feed: Feed = pixels
        ? async () => ({ [input.name]: tensorOfPixels((await tensorsOf(data))[input.name]!, input) })
        : data;
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
