import type { Tensor } from '../../graph/tensor.js';
import type { TensorMap } from '../engine.js';
import type { FeedPlan } from './messages.js';

/** What a smaller tensor saves on the way is less than its number takes. */
const leastBytes = 256;

/** The agent's side of the feeds that a page keeps with one session: which tensor it has under which number. */
export class KeptFeeds {
  readonly #numbers = new WeakMap<Tensor['data'], number>();
  #freeBytes: number;
  #lastNumber = 0;

  /** @param limitBytes of all tensors together; what goes beyond is sent every time */
  constructor(limitBytes: number) {
    this.#freeBytes = limitBytes;
  }

  /** Returns what to send of the feeds, and what the page shall do with it. That is taken as done. */
  plan(feeds: TensorMap): { tensors: TensorMap; plan: FeedPlan } {
    const tensors: Record<string, Tensor> = {};
    const keep: Record<string, number> = {};
    const kept: Record<string, number> = {};
    for (const [name, tensor] of Object.entries(feeds)) {
      const known = this.#numbers.get(tensor.data);
      if (known !== undefined) {
        kept[name] = known;
        continue;
      }
      tensors[name] = tensor;
      const { byteLength } = tensor.data;
      if (byteLength < leastBytes || byteLength > this.#freeBytes) continue;
      this.#freeBytes -= byteLength;
      this.#lastNumber += 1;
      this.#numbers.set(tensor.data, this.#lastNumber);
      keep[name] = this.#lastNumber;
    }
    return { tensors, plan: { keep, kept } };
  }
}
