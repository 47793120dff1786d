import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { type Detector, loadDetector } from '../../../runtime/detector/detector.js';
import { type Manifest, parseManifest } from '../../../runtime/detector/manifest.js';
import { assertManifestFits } from '../../../runtime/detector/manifestFit.js';
import type { Recognition } from '../../../runtime/detector/recognize/recognition.js';
import { recognize } from '../../../runtime/detector/recognize/recognize.js';
import type { Engine } from '../../../runtime/engines/engine.js';
import { AgentError } from '../../../runtime/errors.js';
import { assertFiniteWeights } from '../../../runtime/graph/finiteWeights.js';
import { decodeOnnx, encodeOnnx } from '../../../runtime/graph/onnxCodec.js';
import { elementCount, float32Tensor } from '../../../runtime/graph/tensor.js';
import { type FixedGraph, fixedGraph, type InputSize } from './fixedGraph.js';
import { applySettings, type ManifestSettings, settingValues } from './manifestSettings.js';
import { withoutSelection } from './withoutSelection.js';

export interface ImportRequest {
  readonly bytes: Uint8Array;
  /** Path of the file, for messages and the model's name. */
  readonly path: string;
  readonly settings: ManifestSettings;
  readonly inputSize: InputSize | undefined;
  /** Runs the model once, to see that it does. */
  readonly engine: Engine;
}

/** A detector that was made out from its weights alone. */
export interface ImportedModel {
  readonly recognition: Recognition;
  /** What was changed in the file, as sentences. */
  readonly changes: readonly string[];
  readonly manifestText: string;
  readonly modelBytes: Uint8Array;
  /** Loaded; the caller disposes of it. */
  readonly detector: Detector;
}

/**
 * Returns the detector that an ONNX file holds, with a manifest for it, after it has run once.
 *
 * @throws AgentError `manifest_incomplete` naming each key that has to be given, `manifest_invalid`,
 *   `manifest_model_mismatch`, `weights_not_finite`, those of `recognize` and `fixedGraph`, of the codec and the engine
 */
export async function importOnnx(request: ImportRequest): Promise<ImportedModel> {
  const { bytes, path, settings, engine } = request;
  const graph = decodeOnnx(bytes, path);
  assertFiniteWeights(graph, path);
  const fixed = await fixedGraph(graph, request);
  const { recognition, ...known } = recognized(fixed, settingValues(settings));
  assertComplete(recognition, path);
  const modelBytes = known.changes.length > 0 ? encodeOnnx(known.graph) : bytes;
  const license = graph.metadata.get('license');
  const draft = applySettings(
    {
      manifestVersion: 1,
      name: nameOf(path),
      ...recognition.draft,
      ...(license === undefined ? {} : { license }),
      reference: {
        source: basename(path),
        recognized: recognition.family,
        changes: known.changes,
        guessed: recognition.guesses.map(({ key }) => key),
      },
    },
    settings,
  );
  const manifestText = JSON.stringify(withModel(draft, modelBytes), null, 2);
  const manifest = parseManifest(manifestText, `manifest for ${path}`);
  assertManifestFits(manifest, known.graph, `manifest for ${path}`);
  const detector = await loadDetector({ manifest, graph: known.graph }, engine);
  await runOnce(detector);
  return { recognition, changes: known.changes, manifestText, modelBytes, detector };
}

/** A selection at its end keeps a detector from being quantized, so it is left to the runtime where the rest is made out as well. */
function recognized(
  { graph, changes }: FixedGraph,
  given: ReadonlyMap<string, unknown>,
): FixedGraph & { readonly recognition: Recognition } {
  const recognition = recognize(graph, given);
  const isFinished = recognition.draft.head.type === 'detections';
  const isGiven = [...given.keys()].some((key) => key === 'head' || key.startsWith('head.'));
  // Nothing else tells how many classes there are.
  const hasNames = graph.metadata.has('names');
  const cut = isFinished && hasNames && !isGiven ? withoutSelection(graph) : undefined;
  if (cut === undefined) return { graph, changes, recognition };
  const change =
    'the selection of detections at its end was cut off and is left to the runtime, so that it can be quantized';
  return { graph: cut, changes: [...changes, change], recognition: recognize(cut, given) };
}

function withModel(draft: Record<string, unknown>, bytes: Uint8Array): unknown {
  const { manifestVersion, name, labels, ...rest } = draft;
  const model = {
    file: `${String(name)}.onnx`,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.byteLength,
  } satisfies Manifest['model'];
  return { manifestVersion, name, labels, model, ...rest };
}

/** Returns a manifest's name made of a file's. */
function nameOf(path: string): string {
  const stem = basename(path, extname(path)).toLowerCase();
  const name = stem.replace(/[^a-z0-9._-]+/g, '-').replace(/^[^a-z0-9]+/, '');
  return name.slice(0, 64) || 'model';
}

function assertComplete({ family, missing }: Recognition, path: string): void {
  if (missing.length === 0) return;
  const keys = missing.map(({ key }) => key);
  const reasons = missing.map(({ key, why }) => `${key}: ${why}`);
  throw new AgentError(
    'manifest_incomplete',
    `${path} is ${family}, but cannot be run without ${keys.join(' and ')}. ${reasons.join('. ')}`,
    {
      detail: {
        where: path,
        expected: keys,
        mend: `detptq models add ${path} ${missing.map(({ key, example }) => `--set '${key}=${example}'`).join(' ')}`,
      },
    },
  );
}

/** A black picture is enough to show that the engine runs the graph and that the head fits what comes out. */
async function runOnce(detector: Detector): Promise<void> {
  const { shape } = detector.manifest.input;
  try {
    const tensor = float32Tensor(shape, new Float32Array(elementCount(shape)));
    detector.head.read(await detector.infer({ tensor }));
  } catch (error) {
    await detector.dispose();
    throw error;
  }
}
