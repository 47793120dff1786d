/**
 * Prints how fast the synthetic camera delivers frames, as JSON: the time of its set-up, and per site that of a frame,
 * rendered and encoded, 640x480. For one core: `taskset -c 0 node dist/test/bench/syntheticCamera.js [FRAMES]`.
 */
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { encodeJpeg } from '../../calibrate/frames/synthetic/encodeJpeg.js';
import { siteNames } from '../../calibrate/frames/synthetic/scene/site.js';
import { SceneRenderer } from '../../calibrate/frames/synthetic/sceneRenderer.js';

const numFrames = Number(process.argv[2] ?? 60);
const rounded = (ms: number) => Number(ms.toFixed(1));

for (const site of siteNames) {
  const start = performance.now();
  const renderer = new SceneRenderer({ site, seed: 1 });
  const setUp = performance.now() - start;
  for (let index = 0; index < 10; index++) await encodeJpeg(renderer.render(index).image);
  const cpu = process.cpuUsage();
  const render: number[] = [];
  const whole: number[] = [];
  for (let index = 0; index < numFrames; index++) {
    const began = performance.now();
    const { image } = renderer.render(7 * index);
    render.push(performance.now() - began);
    await encodeJpeg(image);
    whole.push(performance.now() - began);
  }
  const { user, system } = process.cpuUsage(cpu);
  const p50 = percentile(whole, 0.5);
  console.log(
    JSON.stringify({
      ...{ bench: 'syntheticCamera', site, numFrames, setUpMs: rounded(setUp) },
      renderMs: { min: rounded(Math.min(...render)), p50: rounded(percentile(render, 0.5)) },
      frameMs: { min: rounded(Math.min(...whole)), p50: rounded(p50), p95: rounded(percentile(whole, 0.95)) },
      ...{ framesPerS: rounded(1000 / p50), cpuMsPerFrame: rounded((user + system) / 1000 / numFrames) },
    }),
  );
}
