import { imageNetBgr, postprocessOf } from '../conventions.js';
import type { GraphFacts, OutputFacts } from '../facts.js';
import { classesText } from '../plural.js';
import { stridesOf } from '../pyramid.js';
import type { FamilyMatch, Guess } from '../recognition.js';
import { sigmoidWidth } from '../sigmoidWidth.js';
import { decodes } from '../tail.js';

/**
 * NanoDet and NanoDet-Plus: one tensor `[1, N, C + 4 (regMax + 1)]`, probabilities and distances as distributions.
 *
 * Source: github.com/RangiLyu/nanodet, `nanodet/model/head/{nanodet_head,nanodet_plus_head}.py`.
 */
export function nanodet({ graph, outputs, input }: GraphFacts): FamilyMatch | undefined {
  const [output, ...others] = outputs;
  if (output === undefined || others.length > 0 || output.dims.length !== 3) return undefined;
  const [, count = 0, width = 0] = output.dims;
  const strides = stridesOf(count, input);
  if (strides === undefined || decodes(output.tail) || !output.tail.ops.has('Sigmoid')) return undefined;
  const { numClasses, regMax, guesses } = splitOf(output, sigmoidWidth(graph, output.tail));
  if (numClasses < 1 || !Number.isInteger(regMax) || regMax < 1) return undefined;
  const plus = strides.length === 4;
  const cellOffset = plus ? 0 : 0.5;
  const family = plus ? 'NanoDet-Plus' : 'NanoDet';
  return {
    family,
    evidence: `${output.name} is [1, ${count}, ${width}]: ${classesText(numClasses)} and 4 x ${regMax + 1} distances of the ${count} cells of strides ${strides.join(', ')}`,
    numClasses,
    head: { type: 'gfl', strides, regMax, cellOffset, outputs: { packed: output.name } },
    input: imageNetBgr,
    postprocess: postprocessOf(0.6),
    guesses: [
      ...guesses,
      {
        key: 'head.cellOffset',
        value: cellOffset,
        why: plus
          ? 'with four levels it is NanoDet-Plus, whose cells are measured from their corner'
          : 'with three levels it is NanoDet before Plus, whose cells are measured from their middle',
      },
      ...(['color', 'mean', 'std', 'resize'] as const).map((key) => ({
        key: `input.${key}`,
        value: imageNetBgr[key],
        why: `${family} is trained so by default`,
      })),
    ],
  };
}

/** The usual number of bins, less one, of a distance's distribution. */
const usualRegMax = 7;

function splitOf({ dims }: OutputFacts, sigmoids: number | undefined) {
  const width = dims[2]!;
  if (sigmoids !== undefined) {
    return { numClasses: sigmoids, regMax: (width - sigmoids) / 4 - 1, guesses: [] as Guess[] };
  }
  const why = `classes and distances together are ${width} wide, and 8 bins are usual`;
  const guesses: Guess[] = [{ key: 'head.regMax', value: usualRegMax, why }];
  return { numClasses: width - 4 * (usualRegMax + 1), regMax: usualRegMax, guesses };
}
