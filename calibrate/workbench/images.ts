import type { Detector, PreparedImage } from '../../runtime/detector/detector.js';
import type { TensorMap } from '../../runtime/engines/engine.js';
import type { Frame } from '../frames/frame.js';
import { mapConcurrent } from '../mapConcurrent.js';

/** A set of frames, made ready for one network. */
export interface Images {
  readonly names: readonly string[];
  readonly prepared: readonly PreparedImage[];
  /** Feeds of the network. */
  readonly inputs: readonly TensorMap[];
}

/** Decodings under way at once; they run outside the event loop. */
const decodingsInFlight = 2;

/** @throws AgentError what `Detector.prepare` throws, `aborted` */
export async function prepareImages(
  detector: Detector,
  frames: readonly Frame[],
  signal: AbortSignal | undefined,
): Promise<Images> {
  const prepared = await mapConcurrent(frames, ({ bytes }) => detector.prepare(bytes), {
    limit: decodingsInFlight,
    signal,
  });
  const input = detector.manifest.input.name;
  return {
    names: frames.map(({ name }) => name),
    prepared,
    inputs: prepared.map(({ tensor }) => ({ [input]: tensor })),
  };
}
