import type { ChannelAlignment } from '../../../lowering/layout/channelAlignment.js';

/** XNNPACK's kernels are as quick for any number of channels: 58 and 64 take the same time for each. */
export const litertAlignment: ChannelAlignment = { tensor: 1, depthwise: 1, part: 1, fewest: 1, surplus: 1 };
