import type { ChannelRun } from './integerGraph.js';

/** One channel of a tensor, or padding. */
export interface ChannelOf {
  readonly tensor: string | null;
  readonly channel: number;
}

/** Returns a list of channels as the fewest runs. */
export function channelRuns(channels: Iterable<ChannelOf>): ChannelRun[] {
  const runs: { tensor: string | null; start: number; size: number }[] = [];
  for (const { tensor, channel } of channels) {
    const last = runs.at(-1);
    const continues =
      last !== undefined && last.tensor === tensor && (tensor === null || last.start + last.size === channel);
    if (continues) last.size += 1;
    else runs.push({ tensor, start: tensor === null ? 0 : channel, size: 1 });
  }
  return runs;
}

/** Returns the channels of runs one by one. */
export function channelsOf(runs: readonly ChannelRun[]): ChannelOf[] {
  return runs.flatMap(({ tensor, start, size }) =>
    Array.from({ length: size }, (_, k) => ({ tensor, channel: tensor === null ? 0 : start + k })),
  );
}
