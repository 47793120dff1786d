import sharp from 'sharp';
import type { RawImage } from '../../../runtime/detector/image.js';
import { AgentError } from '../../../runtime/errors.js';
import type { Frame, FrameSource } from '../frame.js';
import { type RenderedScene, type SceneOptions, SceneRenderer } from './sceneRenderer.js';

/** A camera that knows what it sees. */
export interface SyntheticCamera extends FrameSource {
  /**
   * Returns what is to be seen in a frame of this camera, which is rendered again for it.
   *
   * @throws AgentError `frames_missing` for a frame of another camera
   */
  truthOf(frame: Pick<Frame, 'name'>): RenderedScene['truth'];
}

const jpegQuality = 80;

/**
 * Returns a camera at a rendered conveyor belt: endless JPEG frames, as fast as they are taken. `fps` is the scene's
 * time between them. The pixels depend on the options only; the JPEG bytes on libjpeg's version too.
 */
export function syntheticCamera(options: SceneOptions): SyntheticCamera {
  const { site, seed } = options;
  const prefix = `${site}-${seed}-`;
  let renderer: SceneRenderer | undefined;
  const render = (index: number) => {
    renderer ??= new SceneRenderer(options);
    return renderer.render(index);
  };
  return {
    description: `synthetic camera ${site}, seed ${seed}`,
    endless: true,
    async *frames(signal?: AbortSignal) {
      for (let index = 0; !signal?.aborted; index++) {
        const bytes = await encodeJpeg(render(index).image);
        if (signal?.aborted) return;
        yield { bytes, name: `${prefix}${String(index).padStart(6, '0')}.jpg` };
      }
    },
    truthOf({ name }) {
      const digits = /^(\d{6,})\.jpg$/.exec(name.slice(prefix.length))?.[1];
      if (name.startsWith(prefix) && digits !== undefined) return render(Number(digits)).truth;
      const expected = `a frame of ${site}, seed ${seed}`;
      throw new AgentError('frames_missing', `expected ${expected}, got ${name}`, {
        detail: { expected, got: name },
      });
    },
  };
}

/** Returns the picture as a camera sends it. */
export async function encodeJpeg({ data, width, height }: RawImage): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: jpegQuality })
    .toBuffer();
}
