import { readdir, readFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import type { DetectAnswer } from '../../../agent/http/detectAnswer.js';
import { loadDetector } from '../../../runtime/detector/detector.js';
import { readModelFiles } from '../../../runtime/detector/modelFiles.js';
import { onnxruntimeEngine } from '../../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { checkSelfTest, recordSelfTest } from '../../../runtime/serving/selfTest.js';
import type { ServedModel } from '../../../runtime/serving/servedModel.js';
import { warmUp } from '../../../runtime/serving/warmUp.js';
import { startHttpAgent } from '../../helpers/httpAgent.js';
import { send } from '../../helpers/httpClient.js';
import { sharedFolder, sharedModels } from '../../helpers/paths.js';
import { sharedTest } from '../../helpers/requires.js';

const clients = 4;
const swaps = 3;

/** The same float detector under another version and digest each time. */
async function load(generation: number): Promise<ServedModel> {
  const { manifest, graph } = await readModelFiles(sharedModels[0]!.manifest);
  return {
    identity: {
      name: manifest.name,
      version: String(generation),
      digest: `generation-${generation}`,
      precision: 'float32',
      engine: onnxruntimeEngine.name,
    },
    detector: await loadDetector({ manifest, graph }, onnxruntimeEngine),
  };
}

sharedTest(
  'a real detector is swapped under the load of 4 clients: none fails, each names one model',
  async (t) => {
    const folder = `${sharedFolder}data/coco-calib/images/`;
    const [name] = (await readdir(folder)).sort();
    const image = await readFile(`${folder}${name}`);
    const first = await load(0);
    const selfTest = await recordSelfTest(first.detector, [image]);
    const { server, slot } = await startHttpAgent(t, {
      model: first,
      queue: { concurrency: 2, maxWaiting: clients },
    });
    t.teardown(() => slot.close(10_000));

    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    t.teardown(() => agent.destroy());
    const answersByDigest = new Map<string, number>();
    const expected = selfTest.frames[0]!.detections.length;
    let busy = true;
    const client = async () => {
      while (busy) {
        const headers = { 'Content-Type': 'image/jpeg' };
        const answer = await send(`${server.url}/v1/detect`, { method: 'POST', headers, body: image, agent });
        t.is(answer.status, 200, answer.body);
        const { model, detections } = JSON.parse(answer.body) as DetectAnswer;
        t.is(model.digest, `generation-${model.version}`);
        t.is(answer.headers['x-model-digest'], model.digest);
        t.is(detections.length, expected);
        answersByDigest.set(model.digest, (answersByDigest.get(model.digest) ?? 0) + 1);
      }
    };
    const running = Array.from({ length: clients }, client);
    for (let generation = 1; generation <= swaps; generation += 1) {
      const report = await slot.swap(() => load(generation), {
        warmUp: ({ detector }, signal) => warmUp(detector, { frames: [image], signal }),
        check: ({ detector }) => checkSelfTest(detector, selfTest),
        drainTimeoutMs: 10_000,
      });
      t.true(report.drained);
      t.is(report.previous?.version, String(generation - 1));
      const { gapMs, loadMs, warmUpMs, drainMs } = report;
      t.log({ gapMs, loadMs, warmUpMs, drainMs });
      while (!answersByDigest.has(`generation-${generation}`)) await new Promise(setImmediate);
    }
    busy = false;
    await Promise.all(running);
    t.log(Object.fromEntries(answersByDigest));
    t.is(answersByDigest.size, swaps + 1);
  },
);
