import type { Graph } from '../../../runtime/graph/graph.js';
import { standardError } from '../../search/paired.js';
import { type ChannelClasses, pinnedClass } from './channelClasses.js';
import type { ClassEvidence } from './classEvidence.js';
import { meetingClasses } from './meetingClasses.js';
import { selfGatedProducts } from './selfGated.js';

/**
 * Returns the factors, 1 in place of those that cost more than they are worth: a self-gated activation (SiLU, hard swish) with factors takes a
 * multiply by channel more, and channels that reach nearly alike share a grid well without.
 *
 * @param options.leastSpread standard deviation of the factors of classes that meet, in octaves, below which they are not worth it; 0 keeps all
 */
export function worthwhileFactors(
  graph: Graph,
  classes: ChannelClasses,
  {
    factors,
    isRead,
    leastSpread,
  }: Pick<ClassEvidence, 'isRead'> & { readonly factors: Float64Array; readonly leastSpread: number },
): Float64Array {
  if (leastSpread === 0) return factors;
  const meeting = meetingClasses(classes);
  const gated = [...selfGatedProducts(graph).keys()].flatMap(({ outputs }) => classes.classesOf(outputs[0]!));
  const costly = new Set(gated.filter((index) => index !== pinnedClass).map((index) => meeting.find(index)));
  const exponents = new Map([...costly].map((set) => [set, [] as number[]]));
  for (const [index, factor] of factors.entries())
    if (isRead[index] === 1) exponents.get(meeting.find(index))?.push(Math.log2(factor));
  const isWorthless = (values: readonly number[]) =>
    standardError(values) * Math.sqrt(values.length) < leastSpread;
  const worthless = new Set([...exponents].flatMap(([set, values]) => (isWorthless(values) ? [set] : [])));
  return factors.map((factor, index) => (worthless.has(meeting.find(index)) ? 1 : factor));
}
