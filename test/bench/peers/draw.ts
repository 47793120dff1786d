import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCalibrationSet } from '../../../calibrate/frames/calibrationSet.js';
import type { Detector } from '../../../runtime/detector/detector.js';

/** A choice of calibration frames, which every tool gets. */
export interface Draw {
  /** As `detptq quantize --seed` takes it. */
  readonly seed: number;
  readonly frames: number;
  /** The frames as the detector's inputs: float32, one after the other. */
  readonly inputsFile: string;
}

export interface DrawOptions {
  /** Of the unlabelled images. */
  readonly calib: string;
  readonly frames: number;
  readonly seed: number;
  /** Gets `inputsFile`. */
  readonly folder: string;
}

/**
 * Draws the frames that `detptq quantize` would search on and writes them as `detector` would see them.
 *
 * @throws AgentError `frames_missing`, `file_not_found`, `file_unreadable`
 */
export async function drawFrames(
  detector: Detector,
  { calib, frames, seed, folder }: DrawOptions,
): Promise<Draw> {
  const { search } = await loadCalibrationSet(calib, { frames, heldOut: frames, seed });
  const inputsFile = join(folder, `inputs-${seed}.f32`);
  const file = await open(inputsFile, 'w');
  try {
    for (const { bytes } of search) {
      const { tensor } = await detector.prepare(bytes);
      await file.writeFile(
        new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength),
      );
    }
  } finally {
    await file.close();
  }
  return { seed, frames: search.length, inputsFile };
}
