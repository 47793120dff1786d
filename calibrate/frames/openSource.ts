import { stat } from 'node:fs/promises';
import { AgentError } from '../../runtime/errors.js';
import { folderSource } from './folderSource.js';
import type { FrameSource } from './frame.js';
import { isCameraSpec, parseCameraSpec } from './synthetic/cameraSpec.js';
import { syntheticCamera } from './synthetic/syntheticCamera.js';
import { videoSource } from './videoSource.js';

export type FrameSourceSpec =
  | { readonly type: 'folder'; readonly path: string; readonly loop?: boolean }
  | { readonly type: 'video'; readonly path: string; readonly loop?: boolean; readonly fps?: number };

/**
 * Returns the source that `spec` names. A bare path is a folder of images or a video file, whichever is
 * there when frames are taken. Nothing is opened yet, so a camera that is away now may come back.
 *
 * A path like `synthetic:hall?seed=1` is a rendered scene (`parseCameraSpec`), whatever its type; `fps` is the
 * scene's then.
 *
 * @throws AgentError `config_invalid` for a synthetic camera that there is not
 */
export function openFrameSource(spec: string | FrameSourceSpec): FrameSource {
  if (typeof spec === 'string') {
    return isCameraSpec(spec) ? syntheticCamera(parseCameraSpec(spec)) : pathSource(spec);
  }
  const { type, path, ...options } = spec;
  if (isCameraSpec(path)) {
    return syntheticCamera({ ...parseCameraSpec(path), ...('fps' in options && { fps: options.fps }) });
  }
  return type === 'folder' ? folderSource(path, options) : videoSource(path, options);
}

function pathSource(path: string): FrameSource {
  return {
    description: path,
    async *frames(signal?: AbortSignal) {
      const source = (await isFolder(path)) ? folderSource(path) : videoSource(path);
      yield* source.frames(signal);
    },
  };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new AgentError(
      'file_not_found',
      `${path}: expected a folder of images or a video file, which is not there`,
      {
        cause,
        detail: { where: path },
      },
    );
  }
}
