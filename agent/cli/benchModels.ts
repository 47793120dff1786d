import { readFile } from 'node:fs/promises';
import type { PreparedImage } from '../../runtime/detector/detector.js';
import { isRefusal } from '../../runtime/errors.js';
import { drawnPicture } from '../engines/drawnPicture.js';
import { fixedThreads, type ThreadSetting } from '../engines/threadTimes.js';
import { servedPrecision } from '../models/servedPrecision.js';
import { fileError } from '../state/atomicFile.js';
import type { CommandContext } from './context.js';
import { everyWorkingEngine } from './everyWorkingEngine.js';
import { interleavedRuns, type RunTimes } from './interleavedRuns.js';
import { type OpenDetector, openDetector } from './openDetector.js';
import { tableText } from './table.js';

export interface BenchRequest {
  readonly models: readonly string[];
  /** By name; `all` stands for every one that works here. */
  readonly engine: readonly string[];
  readonly threads: readonly ThreadSetting[];
  readonly runs: number;
  /** Picture to infer on; by default a drawn one. */
  readonly image?: string;
}

interface Contestant extends OpenDetector {
  readonly model: string;
  readonly prepared: PreparedImage;
}

interface BenchRow {
  readonly model: string;
  readonly name: string;
  readonly precision: string;
  readonly engine: string;
  readonly threads: number;
  readonly ms: RunTimes;
  /** p50 over the first row's p50. */
  readonly ratioToFirst: number;
}

/** Prints the inference times of every model on every engine with every number of threads. */
export async function benchModels({ output, signal }: CommandContext, request: BenchRequest): Promise<void> {
  const contestants: Contestant[] = [];
  try {
    const picture = request.image === undefined ? drawnPicture() : await readPicture(request.image);
    const isAnyEngine = request.engine.includes('all');
    const engines = isAnyEngine
      ? await everyWorkingEngine(
          Math.max(...request.threads.map((setting) => fixedThreads(setting) ?? 1)),
          output.note,
        )
      : request.engine;
    for (const model of request.models) {
      for (const engine of engines) {
        for (const threads of request.threads) {
          signal.throwIfAborted();
          const opened = await openUnlessRefused(model, { engine, threads, note: output.note }, isAnyEngine);
          if (opened === undefined) continue;
          const { loweringNote } = opened.detector;
          if (loweringNote !== undefined)
            output.note(
              `${opened.files.manifest.name} on ${engine}, threads ${opened.threads}: ${loweringNote}`,
            );
          contestants.push({ ...opened, model, prepared: await opened.detector.prepare(picture) });
        }
      }
    }
    const times = await interleavedRuns(
      contestants.map(
        ({ detector, prepared }) =>
          async () =>
            detector.recycle(await detector.infer(prepared)),
      ),
      {
        runs: request.runs,
        signal,
        onRound: (done) => output.progress({ step: 'bench', done, total: request.runs }),
      },
    );
    const rows = contestants.map((contestant, index) => rowOf(contestant, times[index]!, times[0]!));
    output.result(rows, () => benchText(rows));
  } finally {
    await Promise.all(contestants.map(({ detector }) => detector.dispose()));
  }
}

/** Returns the detector; `undefined`, with a note, where any engine that runs it will do and this one refuses it. */
async function openUnlessRefused(
  model: string,
  options: Parameters<typeof openDetector>[1],
  isAnyEngine: boolean,
): Promise<OpenDetector | undefined> {
  try {
    return await openDetector(model, options);
  } catch (error) {
    if (!isAnyEngine || !isRefusal(error)) throw error;
    options.note(`${model} without ${options.engine}: ${error.message}`);
    return undefined;
  }
}

function rowOf({ model, files, engine, threads }: Contestant, ms: RunTimes, first: RunTimes): BenchRow {
  const { name } = files.manifest;
  const precision = servedPrecision(files.manifest, engine.int8);
  return { model, name, precision, engine: engine.name, threads, ms, ratioToFirst: ms.p50 / first.p50 };
}

async function readPicture(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}

function benchText(rows: readonly BenchRow[]): string {
  return tableText(
    [
      ['model', 'left'],
      ['precision', 'left'],
      ['engine', 'left'],
      ['threads', 'right'],
      ['min ms', 'right'],
      ['p50 ms', 'right'],
      ['p95 ms', 'right'],
      ['ratio', 'right'],
    ],
    rows.map(({ model, precision, engine, threads, ms, ratioToFirst }) => [
      model,
      precision,
      engine,
      String(threads),
      ms.min.toFixed(2),
      ms.p50.toFixed(2),
      ms.p95.toFixed(2),
      ratioToFirst.toFixed(3),
    ]),
  );
}
