import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { AgentError } from '../../../runtime/errors.js';
import type { Frame } from '../frame.js';
import type { LabelledSource } from '../labelledSource.js';
import { type RenderedScene, type SceneOptions, SceneRenderer, sceneSize } from './sceneRenderer.js';
import { syntheticTruth } from './syntheticTruth.js';

type Truth = RenderedScene['truth'];

/** A camera that knows what it sees. */
export interface SyntheticCamera extends LabelledSource {
  /**
   * Returns what is to be seen in a frame of this camera, which is rendered again where it has not delivered it.
   *
   * @throws AgentError `frames_missing` for a frame of another camera
   */
  truthOf(frame: Pick<Frame, 'name'>): Truth;
}

/**
 * Returns a camera at a rendered conveyor belt: endless JPEG frames, as fast as they are taken. `fps` is the scene's
 * time between them. The pixels depend on the options only; the JPEG bytes on libjpeg's version too.
 *
 * Frames are rendered in a thread of their own, as a camera is no work of whoever takes its pictures.
 */
export function syntheticCamera(options: SceneOptions): SyntheticCamera {
  const { site, seed } = options;
  const { width, height } = { ...sceneSize, ...options };
  const prefix = `${site}-${seed}-`;
  const delivered = new WeakMap<object, Truth>();
  let renderer: SceneRenderer | undefined;
  const truthOf = (frame: Pick<Frame, 'name'>): Truth => {
    const known = delivered.get(frame);
    if (known !== undefined) return known;
    const digits = /^(\d{6,})\.jpg$/.exec(frame.name.slice(prefix.length))?.[1];
    if (!frame.name.startsWith(prefix) || digits === undefined) {
      const expected = `a frame of ${site}, seed ${seed}`;
      throw new AgentError('frames_missing', `expected ${expected}, got ${frame.name}`, {
        detail: { expected, got: frame.name },
      });
    }
    renderer ??= new SceneRenderer(options);
    return renderer.render(Number(digits)).truth;
  };
  return {
    description: `synthetic camera ${site}, seed ${seed}`,
    endless: true,
    async *frames(signal?: AbortSignal) {
      let index = 0;
      for await (const { bytes, truth } of renderedFrames(options, signal)) {
        const frame = { bytes, name: `${prefix}${String(index++).padStart(6, '0')}.jpg` };
        delivered.set(frame, truth);
        yield frame;
      }
    },
    truthOf,
    annotationsOf: (frames) =>
      syntheticTruth(frames.map((frame) => ({ name: frame.name, width, height, truth: truthOf(frame) }))),
  };
}

async function* renderedFrames(
  options: SceneOptions,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly truth: Truth }> {
  const thread = new Worker(new URL('./renderThread.js', import.meta.url), {
    name: 'synthetic camera',
    workerData: options,
  });
  try {
    for (let index = 0; !signal?.aborted; index++) {
      const rendered = once(thread, 'message', signal === undefined ? {} : { signal });
      thread.postMessage(index);
      const [frame] = await rendered;
      yield frame;
    }
  } catch (error) {
    // The end that was asked for.
    if (!signal?.aborted) throw error;
  } finally {
    await thread.terminate();
  }
}
