import type { PreparedImage, Processing } from '../../runtime/detector/processing.js';
import type { Frame } from '../frames/frame.js';
import { mapConcurrent } from '../mapConcurrent.js';
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

/**
 * Returns `frames` as inputs of a network, those of the first frames held and the others made anew for every run: a
 * frame takes a tenth of its input's memory, and making the input a fifth of a run's time.
 *
 * @param options.heldBytes of inputs that are held
 * @throws AgentError what `Processing.prepare` throws, `aborted`
 */
export async function prepareImages(
  processing: Processing,
  frames: readonly Frame[],
  { heldBytes, signal }: { readonly heldBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<Images> {
  const input = processing.manifest.input.name;
  const prepared = await mapConcurrent(
    frames,
    async ({ bytes }, image) => {
      const { tensor, transform } = await processing.prepare(bytes);
      const isHeld = (image + 1) * tensor.data.byteLength <= heldBytes;
      const feed: Feed = isHeld
        ? { [input]: tensor }
        : async () => ({ [input]: (await processing.prepare(bytes)).tensor });
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
