/**
 * Walks from `start` both ways along `candidates`, each way as long as the loss falls; returns the best.
 *
 * @param candidates in order, `start` among them
 */
export async function unimodalWalk<Candidate>(
  candidates: readonly Candidate[],
  start: Candidate,
  lossOf: (candidate: Candidate) => Promise<number>,
): Promise<Candidate> {
  const startLoss = await lossOf(start);
  let best = { candidate: start, loss: startLoss };
  for (const direction of [-1, 1]) {
    let least = startLoss;
    for (let i = candidates.indexOf(start) + direction; i >= 0 && i < candidates.length; i += direction) {
      const loss = await lossOf(candidates[i]!);
      if (loss >= least) break;
      least = loss;
      if (least < best.loss) best = { candidate: candidates[i]!, loss };
    }
  }
  return best.candidate;
}
