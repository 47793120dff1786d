/**
 * Prints whether the demo detector answers alike on two processors. See `arm64.sh`, which does all three on this machine and on
 * an emulated one:
 *
 *     node dist/test/emulation/answers.js prepare FOLDER      a picture and the quantized detector, for both
 *     node dist/test/emulation/answers.js answer FOLDER FILE  what every engine makes of them here
 *     node dist/test/emulation/answers.js compare FILE FILE   a table; exit status 1 where answers differ
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { outputDistance } from '../../agent/cli/forms/outputDistance.js';
import { localStatePaths } from '../../agent/cli/localState.js';
import { servedFeeds } from '../../agent/engines/servedFeeds.js';
import { trialDetector } from '../../agent/engines/trialDetector.js';
import { createHead } from '../../runtime/detector/heads/createHead.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import { Processing } from '../../runtime/detector/processing.js';
import type { Session, TensorMap } from '../../runtime/engines/engine.js';
import { setLibraryPath } from '../../runtime/engines/litert/library/libraryPath.js';
import { getEngine } from '../../runtime/engines/registry.js';
import { decodeOnnx, encodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { projectRoot } from '../helpers/paths.js';

const demo = join(projectRoot, 'deploy/demo-model/model/demo-retinanet.json');
const shared = { picture: 'picture.jpg', quantized: 'quantized.onnx' };

/** The most that answers may differ by: root of the mean square over that of the answers. Codes are to be the same. */
const tolerances = { float: 1e-4, integers: 1e-6 };

type Answers = Readonly<Record<string, TensorMap>>;

const [mode, first, second] = process.argv.slice(2) as [string, string, string];
setLibraryPath(localStatePaths().litertLibrary);
if (mode === 'prepare') await prepare(first);
else if (mode === 'answer') await writeFile(second, serialize(await answers(first)));
else process.exitCode = compare(await answersIn(first), await answersIn(second)) ? 0 : 1;

async function prepare(folder: string): Promise<void> {
  const { picture, quantized } = await trialDetector(await readModelFiles(demo), getEngine('onnxruntime'));
  await writeFile(join(folder, shared.picture), picture);
  await writeFile(join(folder, shared.quantized), encodeOnnx(quantized!));
}

async function answers(folder: string): Promise<Answers> {
  const { manifest, graph } = await readModelFiles(demo);
  const quantized = decodeOnnx(await readFile(join(folder, shared.quantized)), shared.quantized);
  const processing = new Processing(manifest, createHead(manifest, graph));
  const { tensor } = await processing.prepare(await readFile(join(folder, shared.picture)));
  const feeds = { [manifest.input.name]: tensor };
  const [onnxruntime, litert] = [getEngine('onnxruntime'), getEngine('litert')];
  const made: Record<string, TensorMap> = { 'sharp: the image': feeds };
  const sessions: Record<string, () => Promise<Session>> = {
    'onnxruntime: float': () => onnxruntime.load(graph),
    'onnxruntime: QDQ as it stands': () => onnxruntime.load(quantized),
    'onnxruntime: lowered': () => onnxruntime.forms!.write(quantized, {}).load(1),
    'onnxruntime: lowered, 2 threads': () => onnxruntime.forms!.write(quantized, {}).load(2),
    'litert: float': () => litert.load(graph),
    'litert: integers': () => litert.load(quantized),
  };
  for (const [way, load] of Object.entries(sessions)) {
    const session = await load();
    made[way] = await session.run(servedFeeds(session, feeds));
    await session.dispose();
  }
  return made;
}

async function answersIn(file: string): Promise<Answers> {
  return deserialize(await readFile(file)) as Answers;
}

function compare(expected: Answers, got: Answers): boolean {
  console.log('| | answers differ by | |\n|---|---|---|');
  let alike = true;
  for (const [way, outputs] of Object.entries(expected)) {
    const distance = outputDistance(got[way]!, outputs);
    const isFloat = way.endsWith('float') || way.startsWith('sharp');
    const isAlike = distance <= (isFloat ? tolerances.float : tolerances.integers);
    alike &&= isAlike;
    console.log(`| ${way} | ${distance.toExponential(1)} | ${isAlike ? 'alike' : 'not alike'} |`);
  }
  return alike;
}
