import type { ChannelAlignment } from '../../../lowering/layout/channelAlignment.js';

/**
 * What the quick kernels of onnxruntime's CPU library want: depthwise convolutions 16 channels at a time, dense ones 4 of
 * what they read and 16 of what they make. Measured on 58 channels of 52x52: 1x1 0.119 ms, padded to 64 0.067; depthwise 3x3
 * 0.182 and 0.079.
 */
export const onnxruntimeAlignment: ChannelAlignment = {
  tensor: 4,
  depthwise: 16,
  part: 4,
  fewest: 16,
  surplus: 1.35,
};
