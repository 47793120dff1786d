import { toAgentError } from '../../../errors.js';
import type { Graph } from '../../../graph/graph.js';
import { fixedDims } from '../../../graph/tensorTypes.js';
import type { LoweringOptions, Session } from '../../engine.js';
import { EngineCache } from '../../engineCache.js';
import { type CacheEntry, decodeEntry, encodeEntry } from './cacheEntry.js';
import { type CacheKeyOptions, cacheKey } from './cacheKey.js';
import { type LoweredModel, lowerModel } from './loweredModel.js';
import { shortestRuns } from './quickest.js';
import { ServingSession } from './servingSession.js';

export interface LoadLoweredOptions extends CacheKeyOptions, Pick<LoweringOptions, 'cacheFolder'> {
  /** Loads an ONNX file: the graph as it stands, or its lowered form. */
  readonly load: (onnx: Uint8Array) => Promise<Session>;
}

/**
 * Returns a session of a QDQ graph in the form that runs quicker here, as a few runs of both show: lowered, or, where that is
 * clearly slower, as it stands.
 * It runs as it stands, too, where it cannot be lowered, or where lowering it goes wrong. What was found out is remembered for
 * the next load, but for what may go better then: that the lowered form did not load or run, for want of memory say.
 *
 * @param onnx the graph as a file
 * @throws AgentError what `load` throws for the graph as it stands
 */
export async function loadLowered(
  graph: Graph,
  onnx: Uint8Array,
  options: LoadLoweredOptions,
): Promise<ServingSession> {
  const { cacheFolder, chosen, load } = options;
  const cache = cacheFolder === undefined ? undefined : new EngineCache(cacheFolder, '.lowered');
  const key = cacheKey(onnx, options);
  const cached = await cache?.read(key, decodeEntry);
  const known = cached && (await fromCache(cached, { onnx, load }));
  if (known) return known;
  const { session, entry } = await decide(graph, onnx, { chosen, load });
  if (entry) await cache?.write(key, encodeEntry(entry));
  return session;
}

type Load = LoadLoweredOptions['load'];

/** A session, and what to remember of how it came about, if anything. */
interface Decision {
  readonly session: ServingSession;
  readonly entry?: CacheEntry;
}

function remembered(session: ServingSession, lowered?: CacheEntry['lowered']): Decision {
  return { session, entry: { note: session.loweringNote, ...(lowered && { lowered }) } };
}

/** `undefined` for a lowered form that does not load: it is made anew. */
async function fromCache(
  { note, lowered }: CacheEntry,
  { onnx, load }: { onnx: Uint8Array; load: Load },
): Promise<ServingSession | undefined> {
  if (lowered === undefined) return new ServingSession(await load(onnx), { note });
  try {
    return new ServingSession(await load(lowered.bytes), { surface: lowered.surface, note });
  } catch {
    return undefined;
  }
}

async function decide(
  graph: Graph,
  onnx: Uint8Array,
  { chosen, load }: Pick<LoadLoweredOptions, 'chosen' | 'load'>,
): Promise<Decision> {
  const asItStands = async (why: string) =>
    new ServingSession(await load(onnx), { note: `runs as it stands: ${why}` });
  let model: ReturnType<typeof lowerModel>;
  try {
    model = lowerModel(graph, chosen);
  } catch (error) {
    return remembered(await asItStands(`lowering it failed (${toAgentError(error).message})`));
  }
  if ('refusal' in model) return remembered(await asItStands(model.refusal));
  let lowered: Session;
  try {
    lowered = await load(model.bytes);
  } catch (error) {
    const why = `onnxruntime refuses the lowered form (${toAgentError(error).message})`;
    return { session: await asItStands(why) };
  }
  let plain: Session;
  try {
    plain = await load(onnx);
  } catch (error) {
    await lowered.dispose();
    throw error;
  }
  return quicker(graph, { model, lowered, plain });
}

/** In doubt the lowered form serves: it also spares quantizing the image, which the times do not show. */
const doubt = 1.1;
/** How often a lowered form that looks slower is measured before it is said to be: it is remembered, and others may be at work. */
const measurements = 3;

interface Contestants {
  readonly model: LoweredModel;
  readonly lowered: Session;
  readonly plain: Session;
}

async function quicker(graph: Graph, { model, lowered, plain }: Contestants): Promise<Decision> {
  const { bytes, surface, extent } = model;
  const dims = Object.fromEntries(graph.inputs.map((input) => [input.name, fixedDims(input)!]));
  const contestants = [new ServingSession(lowered, { surface, note: '' }), plain];
  let [loweredMs, plainMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const isSlower = () => loweredMs >= doubt * plainMs;
  try {
    for (let k = 0; k < measurements && (k === 0 || isSlower()); k++) {
      const [lowered, plain] = (await shortestRuns(contestants, dims)) as [number, number];
      [loweredMs, plainMs] = [Math.min(loweredMs, lowered), Math.min(plainMs, plain)];
    }
  } catch (error) {
    await lowered.dispose();
    const note = `runs as it stands: the lowered form does not run (${toAgentError(error).message})`;
    return { session: new ServingSession(plain, { note }) };
  }
  const times = `${loweredMs.toFixed(1)} ms against ${plainMs.toFixed(1)} as it stands`;
  if (!isSlower()) {
    const note = `lowered to integer operators, ${extent}: ${times}`;
    await plain.dispose();
    return remembered(new ServingSession(lowered, { surface, note }), { bytes, surface });
  }
  const note = `runs as it stands: lowered it is slower here (${times})`;
  await lowered.dispose();
  return remembered(new ServingSession(plain, { note }));
}
