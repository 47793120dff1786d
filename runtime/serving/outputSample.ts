import type { TensorMap } from '../engines/engine.js';

/** A few hundred values of one output tensor, for comparing it later. */
export interface OutputSample {
  /** Elements of the whole tensor. */
  readonly size: number;
  readonly values: readonly number[];
}

const maxValues = 512;
/** Steps of the golden ratio spread evenly over any length and never fall in step with channels or rows. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/**
 * Returns up to 512 values of each output, at places that depend on its size alone, with six digits.
 */
export function sampleOutputs(outputs: TensorMap): Record<string, OutputSample> {
  const samples = Object.entries(outputs).map(([name, { data }]) => {
    const place = (i: number) =>
      data.length <= maxValues ? i : Math.floor(((i * goldenRatio) % 1) * data.length);
    const values = Array.from({ length: Math.min(maxValues, data.length) }, (_, i) =>
      Number(Number(data[place(i)]).toPrecision(6)),
    );
    return [name, { size: data.length, values }] as const;
  });
  return Object.fromEntries(samples);
}

/**
 * Returns how far outputs are from the recorded ones: the root of sum((got - recorded)^2) / sum((recorded - mean)^2)
 * over the samples of all frames, of the output that is farthest. 0 is equality; about 1 and more is no relation.
 * Infinite when an output is missing, of another size or not finite, or differs from a recorded constant.
 *
 * @param recorded one entry per frame
 * @param got the same frames in the same order
 */
export function outputDistance(
  recorded: readonly Readonly<Record<string, OutputSample>>[],
  got: readonly Readonly<Record<string, OutputSample>>[],
): number {
  const names = new Set(recorded.flatMap((frame) => Object.keys(frame)));
  return Math.max(
    0,
    ...[...names].map((name) => distanceOf(samplesOf(recorded, name), samplesOf(got, name))),
  );
}

type Samples = readonly (OutputSample | undefined)[];

function samplesOf(frames: readonly Readonly<Record<string, OutputSample>>[], name: string): Samples {
  return frames.map((frame) => frame[name]);
}

function distanceOf(recorded: Samples, got: Samples): number {
  if (recorded.some((sample, i) => sample?.size !== got[i]?.size)) return Number.POSITIVE_INFINITY;
  const want = recorded.flatMap((sample) => sample?.values ?? []);
  const have = got.flatMap((sample) => sample?.values ?? []);
  const mean = want.reduce((sum, value) => sum + value, 0) / want.length;
  const error = want.reduce((sum, value, i) => sum + (have[i]! - value) ** 2, 0);
  const spread = want.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  if (error === 0) return 0;
  const distance = Math.sqrt(error / spread);
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}
