/**
 * Chooses at most `count` items one after the other, each the one by which the loss falls most once those before it are chosen. What an
 * item gains hardly ever grows with the others that are chosen, so only those are measured anew whose gain when it was measured last
 * would still be the largest (lazy greedy: Minoux 1978, https://doi.org/10.1007/BFb0006528), and none that gained nothing: where gains
 * only shrink, the choice is that of measuring all of them every time. It ends when nothing that was measured gains any more.
 *
 * @param items of equal gain the first is chosen
 * @param lossOf the loss with these items chosen, in the order they were; a number. Asked once for each such list
 */
export async function lazyGreedy<Item>(
  items: readonly Item[],
  count: number,
  lossOf: (chosen: readonly Item[]) => Promise<number>,
): Promise<Item[]> {
  if (count < 1) return [];
  const chosen: Item[] = [];
  let open = items.map((item) => ({
    item,
    gain: Number.POSITIVE_INFINITY,
    loss: Number.NaN,
    measuredAt: -1,
  }));
  let loss = await lossOf([]);
  while (chosen.length < count && open.length > 0) {
    const best = open.reduce((most, one) => (one.gain > most.gain ? one : most));
    if (!(best.gain > 0)) break;
    if (best.measuredAt === chosen.length) {
      chosen.push(best.item);
      loss = best.loss;
      open = open.filter((one) => one !== best);
    } else {
      best.loss = await lossOf([...chosen, best.item]);
      best.gain = loss - best.loss;
      best.measuredAt = chosen.length;
    }
  }
  return chosen;
}
