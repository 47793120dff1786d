import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { Detector } from '../../runtime/detector/detector.js';
import { parseManifest } from '../../runtime/detector/manifest.js';
import { assertManifestFits } from '../../runtime/detector/manifestFit.js';
import type { Guess } from '../../runtime/detector/recognize/recognition.js';
import { AgentError } from '../../runtime/errors.js';
import { assertFiniteWeights } from '../../runtime/graph/finiteWeights.js';
import { decodeOnnx } from '../../runtime/graph/onnxCodec.js';
import { importModel } from '../models/loadStored.js';
import type { InputSize } from '../models/onnxImport/fixedGraph.js';
import { applySettings, type ManifestSettings } from '../models/onnxImport/manifestSettings.js';
import { importOnnx } from '../models/onnxImport/onnxImport.js';
import { fileError } from '../state/atomicFile.js';
import type { ModelStore } from '../state/modelStore.js';
import type { StoredModel } from '../state/storedModel.js';
import { detectOne, type ImageDetections } from './detectImages.js';
import { labelsFrom } from './labelFile.js';
import { localEngine } from './localEngine.js';
import { openStore } from './modelCommands.js';
import { type StoredModelSummary, summaryOf } from './storedModelSummary.js';

export interface AddRequest {
  /** The weights, or a manifest, or a folder with one. */
  readonly file: string;
  readonly manifest?: string;
  /** Values for the manifest, as text by dotted key. */
  readonly settings: ManifestSettings;
  readonly inputSize?: InputSize;
  /** `coco80`, or a file with a name per line. */
  readonly labels?: string;
  /** Picture to show detections in. */
  readonly tryImage?: string;
}

/** What was made out of weights that came without a manifest. */
export interface Recognized {
  readonly family: string;
  readonly evidence: string;
  readonly guesses: readonly Guess[];
  /** What was changed in the file, as sentences. */
  readonly changes: readonly string[];
}

export interface AddedModel extends StoredModelSummary {
  readonly recognized?: Recognized;
  readonly tried?: ImageDetections;
}

/**
 * Stores a model: by its manifest, with what `detptq quantize` left beside it; weights with a manifest; or weights
 * alone, whose manifest is made out from them.
 *
 * @throws AgentError `usage`, and those of `importModel`, `importOnnx` and `detectOne`
 */
export async function addModel(request: AddRequest): Promise<AddedModel> {
  const { file, manifest, settings, inputSize, labels, tryImage } = request;
  const isWeights = extname(file).toLowerCase() === '.onnx';
  if (!isWeights && (manifest !== undefined || settings.size > 0 || labels !== undefined || tryImage)) {
    const got = `${file}, with options that go with weights`;
    throw new AgentError('usage', `expected an .onnx file, got ${got}`, {
      detail: {
        expected: 'an .onnx file',
        got,
        mend: 'give the .onnx file, and its manifest with --manifest',
      },
    });
  }
  if (manifest !== undefined && (inputSize !== undefined || tryImage !== undefined)) {
    throw new AgentError('usage', 'expected --input-size and --try without --manifest, got both', {
      detail: { mend: 'a manifest gives the size; try the stored model with: detptq detect MODEL IMAGE' },
    });
  }
  const { store, pointer } = await openStore();
  if (!isWeights) return summaryOf(await importModel(file, store), pointer);
  const all = labels === undefined ? settings : new Map([...settings, ['labels', await labelsFrom(labels)]]);
  if (manifest !== undefined) {
    return summaryOf(await addPair(store, { weights: file, manifest, settings: all }), pointer);
  }
  const { stored, ...rest } = await addWeights(store, { ...request, settings: all });
  return { ...summaryOf(stored, pointer), ...rest };
}

/** Weights and manifest may lie apart and the weights may have any name, so all but the store's checks are made here. */
async function addPair(
  store: ModelStore,
  given: { readonly weights: string; readonly manifest: string; readonly settings: ManifestSettings },
): Promise<StoredModel> {
  const { weights, manifest: manifestPath, settings } = given;
  const text = Buffer.from(await readBytes(manifestPath)).toString('utf8');
  const parsed = parseManifest(text, manifestPath);
  const manifestText = settings.size === 0 ? text : JSON.stringify(applySettings(parsed, settings), null, 2);
  const manifest = parseManifest(manifestText, manifestPath);
  const modelBytes = await readBytes(weights);
  const graph = decodeOnnx(modelBytes, weights);
  assertFiniteWeights(graph, weights);
  assertManifestFits(manifest, graph, manifestPath);
  return store.add({ manifestText, modelBytes });
}

async function addWeights(
  store: ModelStore,
  request: AddRequest,
): Promise<{
  readonly stored: StoredModel;
  readonly recognized: Recognized;
  readonly tried?: ImageDetections;
}> {
  const { file, settings, inputSize, tryImage } = request;
  const engine = await localEngine({ name: 'auto', purpose: 'float', threads: 1 });
  const bytes = await readBytes(file);
  const imported = await importOnnx({ bytes, path: file, settings, inputSize, engine });
  const { recognition, changes, manifestText, modelBytes, detector } = imported;
  const { family, evidence, guesses } = recognition;
  try {
    const tried = tryImage === undefined ? undefined : await tryOn(detector, tryImage);
    const stored = await store.add({ manifestText, modelBytes });
    return { stored, recognized: { family, evidence, guesses, changes }, ...(tried && { tried }) };
  } finally {
    await detector.dispose();
  }
}

/** Detects in a picture and writes it, with boxes, to the working folder: the picture's own may hold a data set. */
function tryOn(detector: Detector, image: string): Promise<ImageDetections> {
  const pictureName = `${basename(image, extname(image))}-${detector.manifest.name}.jpg`;
  return detectOne(detector, { image, annotate: '.', pictureName });
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}
