/**
 * Prints how many times as fast as onnxruntime in float each detector runs once it is quantized to 8 bits: by onnxruntime's
 * `quantize_static` in onnxruntime, by NNCF in OpenVINO, by LiteRT's own quantizer (of this project's .tflite file, for it reads no
 * ONNX), and by this project as the QDQ graph stands, lowered in onnxruntime
 * (also where that is slower, and with weights of 7 bits too) and in LiteRT. One interleaved run per detector with 1 and 2 threads, as a markdown table;
 * `peers/README.md` says how to install the Python tools. A detector is a manifest, or `FLOAT=QUANTIZED` of two; without
 * the second it is quantized here without any search, which does not change how long it takes. The times of OpenVINO and of
 * what LiteRT's tool wrote are taken in processes of their own, so that the pipe to them does not count. With 1 thread it is the processor's time, which other work on the
 * machine hardly changes, with more the clock's.
 *
 *     node --single-threaded-gc dist/test/bench/peerSpeed.js [--runs 60] [--threads 1,2] [--by p50|min] [--python FILE]
 *       [--library libLiteRt.so] [--work FOLDER] [MANIFEST[=MANIFEST]...]
 */
import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor as NativeTensor } from 'onnxruntime-node';
import { garbageCollector } from '../../agent/cli/garbageCollector.js';
import { localStatePaths } from '../../agent/cli/localState.js';
import { servedFeeds } from '../../agent/engines/servedFeeds.js';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { type Detector, loadDetector } from '../../runtime/detector/detector.js';
import { readModelFiles } from '../../runtime/detector/modelFiles.js';
import type { Session, TensorMap } from '../../runtime/engines/engine.js';
import { setLibraryPath } from '../../runtime/engines/litert/library/libraryPath.js';
import { litertEngine } from '../../runtime/engines/litert/litertEngine.js';
import { lowerModel } from '../../runtime/engines/onnxruntime/lowered/loweredModel.js';
import { ServingSession } from '../../runtime/engines/onnxruntime/lowered/servingSession.js';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import type { Graph } from '../../runtime/graph/graph.js';
import { decodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { projectRoot, sharedFolder, sharedModels } from '../helpers/paths.js';
import { quantizedModel } from '../helpers/quantizedModel.js';
import { drawFrames } from './peers/draw.js';
import { litertServer, litertTool } from './peers/litertTool.js';
import { script } from './peers/measured.js';
import { nncfTool } from './peers/nncfTool.js';
import { onnxruntimeTool } from './peers/onnxruntimeTool.js';
import { PipeSession } from './peers/pipeSession.js';
import { readSubject, type Subject } from './peers/subject.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '60' },
    threads: { type: 'string', default: '1,2' },
    by: { type: 'string', default: 'p50' },
    python: { type: 'string', default: join(projectRoot, 'test/bench/peers/.venv/bin/python') },
    library: { type: 'string', default: localStatePaths().litertLibrary },
    work: { type: 'string', default: join(tmpdir(), 'detptq-peer-speed') },
  },
});
const demo = join(projectRoot, 'deploy/demo-model/model/demo-retinanet.json');
const detectors =
  positionals.length > 0 ? positionals : [...sharedModels.map(({ manifest }) => manifest), demo];
/** Which frames, and how many, changes nothing about the time. */
const calibration = { calib: join(sharedFolder, 'data/coco-calib/images'), frames: 8, seed: 0 };
const warmUpRuns = 3;
const threadCounts = options.threads.split(',').map(Number);

/** Something whose runs are timed. */
interface Contestant {
  /** Runs once and returns how long it took, in ms: of the processor's time with 1 thread, else by the clock. */
  readonly run: () => Promise<number>;
  readonly dispose: () => Promise<void>;
}

/** What the tools wrote of one detector. */
interface Written {
  /** A QDQ graph as an ONNX file. */
  readonly onnxruntime: string;
  /** An OpenVINO model. */
  readonly nncf: string;
  /** A .tflite file. */
  readonly litert: string;
}

async function quantizeByTools(subject: Subject, detector: Detector): Promise<Written> {
  const folder = join(options.work, subject.files.manifest.name);
  await rm(folder, { recursive: true, force: true });
  const folderOf = (tool: string) =>
    mkdir(join(folder, tool), { recursive: true }).then(() => join(folder, tool));
  const [onnxruntimeFolder, nncfFolder] = [await folderOf('onnxruntime'), await folderOf('nncf')];
  const litertFolder = await folderOf('litert');
  const draw = await drawFrames(detector, { ...calibration, folder });
  const setting = {
    ...{ python: options.python, engine: onnxruntimeEngine, threads: 2, recipe: 'fast' },
    calib: calibration.calib,
  };
  const request = { subject, draw, weightBits: 8, setting };
  await onnxruntimeTool({ calibration: 'MinMax', tail: 'float' }).quantize({
    ...request,
    folder: onnxruntimeFolder,
  });
  await nncfTool.quantize({ ...request, folder: nncfFolder });
  await litertTool.quantize({ ...request, folder: litertFolder });
  return {
    onnxruntime: join(onnxruntimeFolder, 'model.onnx'),
    nncf: join(nncfFolder, 'model.xml'),
    litert: join(litertFolder, 'model.tflite'),
  };
}

/** Returns a run of `act` that says how many ms it took. */
function timed(act: () => Promise<unknown>, threads: number): () => Promise<number> {
  return async () => {
    const [start, processor] = [performance.now(), process.cpuUsage()];
    await act();
    if (threads > 1) return performance.now() - start;
    const { user, system } = process.cpuUsage(processor);
    return (user + system) / 1000;
  };
}

function inSession(session: Session, feeds: TensorMap, threads: number): Contestant {
  const given = servedFeeds(session, feeds);
  const run = timed(async () => {
    const results = await session.run(given);
    session.recycle?.(results);
  }, threads);
  return { run, dispose: () => session.dispose() };
}

/** The file as onnxruntime's users run it: this project's engine would change it where products of 8 bits saturate. */
async function inOnnxruntime(path: string, feeds: TensorMap, threads: number): Promise<Contestant> {
  const session = await InferenceSession.create(await readFile(path), {
    ...{ intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all' },
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  const given = Object.fromEntries(
    Object.entries(feeds).map(([name, { data, dims }]) => [
      name,
      new NativeTensor('float32', data as Float32Array, dims),
    ]),
  );
  const run = timed(() => session.run(given), threads);
  return { run, dispose: () => session.release() };
}

function inOpenvino(path: string, feeds: TensorMap, threads: number): Promise<Contestant> {
  return inPython([script('serve_openvino.py'), path, String(threads)], feeds, threads);
}

function inLitertOfPython(
  { path, subject }: { readonly path: string; readonly subject: Subject },
  feeds: TensorMap,
  threads: number,
): Promise<Contestant> {
  return inPython(litertServer(path, { subject, threads }), feeds, threads);
}

async function inPython(command: readonly string[], feeds: TensorMap, threads: number): Promise<Contestant> {
  const session = await PipeSession.start(options.python, [
    ...command,
    ...(threads === 1 ? ['processor'] : []),
  ]);
  const run = async () => {
    let runMs = Number.NaN;
    await session.run(feeds, undefined, {
      onRan: (ms) => {
        runMs = ms;
      },
    });
    return runMs;
  };
  return { run, dispose: () => session.dispose() };
}

async function lowered(graph: Graph, threads: number): Promise<Session> {
  const model = lowerModel(graph);
  if ('refusal' in model) throw new Error(model.refusal);
  const session = await onnxruntimeEngine.load(decodeOnnx(model.bytes), { threads });
  return new ServingSession(session, { surface: model.surface, note: model.extent });
}

/** Returns each contestant's times of all runs, in turns. */
async function inTurns(contestants: readonly Contestant[]): Promise<number[][]> {
  const times: number[][] = contestants.map(() => []);
  const collectGarbage = garbageCollector();
  for (let round = -warmUpRuns; round < Number(options.runs); round++) {
    for (const [index, { run }] of contestants.entries()) {
      // Else what the contestants before have left falls due in the same one in every round.
      collectGarbage();
      const ms = await run();
      if (round >= 0) times[index]!.push(ms);
    }
  }
  return times;
}

const cpuInfo = readFileSync('/proc/cpuinfo', 'utf8');
const cpu = /model name\s*: (.*)/.exec(cpuInfo)?.[1] ?? 'unknown processor';
const instructions = ['avx512_vnni', 'avx_vnni', 'avx512f', 'avx2', 'asimddp'];
const vector = instructions.find((name) => cpuInfo.includes(name)) ?? 'no known vector instructions';
const share = options.by === 'min' ? 0 : 0.5;
setLibraryPath(options.library);
console.log(`${cpu} (${vector}), ${options.runs} interleaved runs, ${options.by}\n`);
const peers = 'onnxruntime `quantize_static` | OpenVINO, NNCF | LiteRT, its own quantizer';
const forms = 'as it stands | lowered | lowered, W7A8 | LiteRT';
console.log(
  `| model | threads | onnxruntime float, ms | ${peers} | ${forms} |\n|---|---|---|---|---|---|---|---|---|---|`,
);
for (const detector of detectors) {
  const [floatPath, quantizedPath] = detector.split('=');
  const subject = await readSubject(floatPath!);
  const { manifest, graph } = subject.files;
  const reference = await loadDetector(subject.files, onnxruntimeEngine);
  const { tensor } = await reference.prepare(readFileSync(join(calibration.calib, '000000000285.jpg')));
  const written = await quantizeByTools(subject, reference);
  await reference.dispose();
  const feeds = { [manifest.input.name]: tensor };
  const quantized =
    quantizedPath === undefined
      ? await quantizedModel(graph, { weightBits: 8, feeds })
      : (await readModelFiles(quantizedPath)).graph;
  // Weights that never saturate where products are added in 16 bits.
  const narrow = await quantizedModel(graph, { weightBits: 7, feeds });
  const contestants: Contestant[] = [];
  for (const threads of threadCounts) {
    contestants.push(
      inSession(await onnxruntimeEngine.load(graph, { threads }), feeds, threads),
      await inOnnxruntime(written.onnxruntime, feeds, threads),
      await inOpenvino(written.nncf, feeds, threads),
      await inLitertOfPython({ path: written.litert, subject }, feeds, threads),
      inSession(await onnxruntimeEngine.load(quantized, { threads }), feeds, threads),
      inSession(await lowered(quantized, threads), feeds, threads),
      inSession(await lowered(narrow, threads), feeds, threads),
      inSession(await litertEngine.load(quantized, { threads }), feeds, threads),
    );
  }
  const times = (await inTurns(contestants)).map((ms) => percentile(ms, share));
  const each = times.length / threadCounts.length;
  for (const [index, threads] of threadCounts.entries()) {
    const [float, ...others] = times.slice(index * each, (index + 1) * each);
    const ratios = others.map((ms) => `${(float! / ms).toFixed(2)}x`);
    console.log(`| ${[manifest.name, threads, float!.toFixed(1), ...ratios].join(' | ')} |`);
  }
  await Promise.all(contestants.map(({ dispose }) => dispose()));
}
await rm(options.work, { recursive: true, force: true });
