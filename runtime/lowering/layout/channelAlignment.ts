/** Multiples that a back end's kernels want channels in. 1 for no wish. */
export interface ChannelAlignment {
  /** Of a tensor. */
  readonly tensor: number;
  /** Of a tensor that a depthwise convolution reads or makes. */
  readonly depthwise: number;
  /** Of each part of a tensor that is read in parts. */
  readonly part: number;
  /** Fewest channels that a dense convolution makes. */
  readonly fewest: number;
  /**
   * How many times as many channels a dense convolution may read as it needs, instead of having those it needs gathered.
   */
  readonly surplus: number;
}
