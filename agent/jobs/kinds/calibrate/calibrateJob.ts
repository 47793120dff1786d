import { join } from 'node:path';
import type { Frame, FrameSource } from '../../../../calibrate/frames/frame.js';
import type { Detector } from '../../../../runtime/detector/detector.js';
import { readModelFiles } from '../../../../runtime/detector/modelFiles.js';
import { AgentError, toAgentError } from '../../../../runtime/errors.js';
import type { SwapReport } from '../../../../runtime/serving/slot.js';
import type { CalibrationConfig } from '../../../config.js';
import type { ActiveModel } from '../../../models/activeModel.js';
import { importModel } from '../../../models/loadStored.js';
import { removeExpired } from '../../../models/retention.js';
import type { WatchedSlot } from '../../../models/watchedSlot.js';
import type { ActivePointer } from '../../../state/activePointer.js';
import { jobFolder, removeJobFolders } from '../../../state/jobFolder.js';
import type { ModelStore } from '../../../state/modelStore.js';
import type { StoredModel } from '../../../state/storedModel.js';
import { runCliChild } from '../../cliChild.js';
import type { JobContext, JobKind, JobMetrics } from '../../jobKind.js';
import { type CalibrateParams, parseCalibrateParams } from './calibrateParams.js';
import { type Accuracy, type AgreementResult, parseAgreement } from './childResults.js';
import { type CollectedFrames, collectFrames, type JudgingFrames, readCollected } from './collectFrames.js';
import { compareLatency, type LatencyComparison } from './compareLatency.js';
import { assertAgreement, assertDetections, assertLatency } from './gates.js';
import { type MeasuredAccuracy, measureAccuracy } from './measureAccuracy.js';
import { searchCandidate } from './searchCandidate.js';
import { soak } from './soak.js';

export interface CalibrateDeps {
  readonly config: CalibrationConfig;
  /** Names of the engines on which the search and the judging run, or `auto`: the latter's serves. */
  readonly engineNames: { readonly search: string; readonly quantized: string };
  /** The CLI's script, of which the search and the judging are child processes. */
  readonly cliScript: string;
  /** What of the configuration those have to know. */
  readonly cliEnv: Readonly<Record<string, string>>;
  readonly camera: FrameSource | null;
  /** The configured one; `null` where there is none. */
  readonly floatModel: () => StoredModel | null;
  readonly store: ModelStore;
  readonly slot: WatchedSlot;
  readonly active: ActiveModel;
  /** Scratch: one folder in it per job, gone when the job has ended. */
  readonly workFolder: string;
  /** Told how good each candidate is, passed or not. */
  readonly onJudged: (judgement: Judgement) => void;
  /** Told of what went wrong without making a job fail: something that could not be removed. */
  readonly onProblem: (error: AgentError) => void;
}

/** How good a candidate is, on frames that its search has not seen. */
export interface Judgement {
  readonly modelDigest: string;
  readonly agreement: AgreementResult;
  /** `null` where the frames have no labels. */
  readonly accuracy: Accuracy | null;
}

const latencyRuns = 20;

/**
 * Re-quantizes the float detector on frames of the own camera and puts the result in service, if it passes the gates:
 * validating, collecting, searching, evaluating, warming, swapping, soaking. Until `swapping` nothing of what serves
 * is touched; what goes wrong later is rolled back. Until `warming` an interrupted job goes on with the frames, the checkpoint
 * of the search and the result that it has in its folder.
 */
export function calibrateJob(deps: CalibrateDeps): JobKind {
  return {
    name: 'calibrate',
    parseParams: (params) => parseCalibrateParams(params, deps.config),
    run: async (params, context) => {
      const folder = await jobFolder(deps.workFolder, context);
      return new Calibration(deps, parseCalibrateParams(params, deps.config), { context, folder }).run();
    },
    tidyUp: (jobId) => removeJobFolders(deps.workFolder, jobId),
  };
}

class Calibration {
  readonly #deps: CalibrateDeps;
  readonly #params: CalibrateParams;
  readonly #context: JobContext;
  readonly #folder: string;
  /** Set once it is in the store. */
  #candidate: StoredModel | null = null;

  constructor(
    deps: CalibrateDeps,
    params: CalibrateParams,
    { context, folder }: { readonly context: JobContext; readonly folder: string },
  ) {
    this.#deps = deps;
    this.#params = params;
    this.#context = context;
    this.#folder = folder;
  }

  async run(): Promise<JobMetrics> {
    const { deadlines } = this.#deps.config;
    const { enterStep } = this.#context;
    const resumable = true;
    try {
      await enterStep('validating', deadlines.validatingS, { resumable });
      const { floatModel, known } = await this.#validate();

      await enterStep('collecting', deadlines.collectingS, { resumable });
      const frames = known ?? (await this.#collect());

      await enterStep('searching', deadlines.searchingS, { resumable });
      const outFolder = join(this.#folder, 'out');
      const search = await searchCandidate(
        { floatModel, calibFolder: frames.calibFolder, outFolder, params: this.#params },
        { ...this.#deps, run: (args) => this.#child(args) },
      );

      await enterStep('evaluating', deadlines.evaluatingS, { resumable });
      const { agreement, accuracy } = await this.#evaluate(outFolder, floatModel, frames);
      this.#candidate = await importModel(outFolder, this.#deps.store);

      await enterStep('warming', deadlines.warmingS);
      const before = this.#deps.active.pointer;
      const { swap, latency } = await this.#swap(this.#candidate, frames.judging);
      await this.#soak(frames.judging, before);

      const { gapMs, drainMs, drained } = swap;
      return {
        model: swap.current,
        previous: swap.previous,
        before: { latencyMs: latency?.before ?? null, ...accuracy?.before },
        after: {
          latencyMs: latency?.after ?? null,
          agreementMap: agreement.agreementMap,
          ...accuracy?.candidate,
        },
        ...(accuracy !== null && { float: accuracy.floatModel }),
        agreement,
        swap: { gapMs, drainMs, drained },
        search: { ...search.total, chosen: search.chosen, frames: search.frames },
      };
    } finally {
      await this.#tidy(() => this.#removeExpired());
    }
  }

  /** @throws AgentError `no_model`, `camera_unavailable` */
  async #validate(): Promise<{ floatModel: StoredModel; known: CollectedFrames | null }> {
    const floatModel = this.#deps.floatModel();
    if (floatModel === null) {
      throw new AgentError('no_model', 'expected a float model to quantize: set model.path');
    }
    const known = await readCollected(this.#folder);
    if (known === null && this.#deps.camera === null) {
      throw new AgentError('camera_unavailable', 'expected a source of frames: set camera.source');
    }
    return { floatModel, known };
  }

  #collect(): Promise<CollectedFrames> {
    return collectFrames(this.#deps.camera!, this.#folder, { params: this.#params, context: this.#context });
  }

  /** @throws AgentError `gate_detections`, `gate_agreement` */
  async #evaluate(
    outFolder: string,
    floatModel: StoredModel,
    frames: JudgingFrames,
  ): Promise<{ agreement: AgreementResult; accuracy: MeasuredAccuracy | null }> {
    const { digest: modelDigest } = await readModelFiles(outFolder);
    const reference = ['--reference', floatModel.manifestPath];
    const result = await this.#judge(['agreement', outFolder, ...reference, '--images', frames.judgeFolder]);
    const agreement = parseAgreement(result);
    const models = { candidate: outFolder, floatModel, before: await this.#deps.active.stored() };
    const accuracy = await measureAccuracy(models, frames, (args) => this.#judge(args));
    this.#deps.onJudged({ modelDigest, agreement, accuracy: accuracy?.candidate ?? null });
    assertDetections(agreement, this.#params.gates.detections);
    assertAgreement(agreement, this.#params.gates.agreementMap);
    return { agreement, accuracy };
  }

  /** @throws AgentError `gate_latency`, `swap_check_failed`, and what loading throws; the old model then serves on */
  async #swap(
    candidate: StoredModel,
    frames: readonly Frame[],
  ): Promise<{ swap: SwapReport; latency: LatencyComparison | null }> {
    const { active, config } = this.#deps;
    let latency: LatencyComparison | null = null;
    const swap = await active.swap(candidate, {
      signal: this.#context.signal,
      judge: async ({ detector: after }, signal) => {
        latency = await this.#compareLatency(after, frames, signal);
        if (latency !== null) assertLatency(latency, this.#params.gates.latencyRatio);
        await this.#context.enterStep('swapping', config.deadlines.swappingS);
      },
    });
    return { swap, latency };
  }

  /**
   * Compares with a twin of the model in service: the model itself has requests to answer, which would keep its turns
   * clear of the load that the candidate's turns meet.
   */
  async #compareLatency(
    after: Detector,
    frames: readonly Frame[],
    signal: AbortSignal,
  ): Promise<LatencyComparison | null> {
    const twin = await this.#deps.active.loadTwin();
    if (twin === null) return null;
    try {
      const images = frames.map(({ bytes }) => bytes);
      return await compareLatency({ before: twin.detector, after }, images, { runs: latencyRuns, signal });
    } finally {
      await twin.detector.dispose();
    }
  }

  /** From here on giving up means going back. */
  async #soak(frames: readonly Frame[], before: ActivePointer): Promise<void> {
    const { active, slot, config } = this.#deps;
    const { enterStep, enterCleanUp, signal } = this.#context;
    try {
      await enterStep('soaking', config.soakS + config.deadlines.swappingS);
      const images = frames.map(({ bytes }) => bytes);
      await soak(slot, images, { durationMs: config.soakS * 1000, signal });
      await active.confirm();
    } catch (error) {
      await enterCleanUp('rolling_back');
      await active.revert(before, { signal: AbortSignal.timeout(config.deadlines.swappingS * 1000) });
      throw error;
    }
  }

  async #removeExpired(): Promise<void> {
    const { store, active, config } = this.#deps;
    const parent = this.#candidate?.manifest.quantization?.parent;
    if (this.#candidate === null || parent === undefined) return;
    const inUse = new Set(Object.values(active.pointer).filter((digest) => digest !== null));
    const candidate = this.#candidate.digest;
    await removeExpired(store, { parent, inUse, candidate, keep: config.keepModels });
  }

  /** Does what only saves space: whether it works does not change what has become of the job. */
  async #tidy(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#deps.onProblem(toAgentError(error));
    }
  }

  #judge(args: readonly [string, ...string[]]): Promise<unknown> {
    return this.#child([...args, '--engine', this.#deps.engineNames.quantized]);
  }

  #child(args: readonly [string, ...string[]]): Promise<unknown> {
    const { cliScript, cliEnv } = this.#deps;
    const { signal, reportProgress } = this.#context;
    return runCliChild({
      command: [cliScript, ...args, '--json'],
      env: cliEnv,
      signal,
      onProgress: reportProgress,
    });
  }
}
