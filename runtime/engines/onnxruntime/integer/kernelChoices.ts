import type { ChannelAlignment } from '../../../lowering/layout/channelAlignment.js';
import { productSumsSaturate } from '../productSums.js';
import type { GraphWriterOptions } from './graphWriter.js';

/** What suits the kernels of onnxruntime's CPU library on one kind of processor. */
export interface KernelChoices extends GraphWriterOptions {
  readonly alignment: ChannelAlignment;
}

/**
 * Of processors that add products of u8 and s8 in 32 bits: arm64, and x86-64 with VNNI.
 *
 * Depthwise convolutions work on 16 channels at a time, dense ones on 4 of what they read and 16 of what they make: on 58
 * channels of 52x52 a 1x1 one takes 0.119 ms and padded to 64 0.067, a depthwise 3x3 one 0.182 and 0.079.
 */
const signedKernels: KernelChoices = {
  unsignedWeights: false,
  alignment: { tensor: 4, depthwise: 16, part: 4, fewest: 16, surplus: 1.35 },
};

/**
 * Of processors that add them in 16 bits: x86-64 without VNNI. The kernels of u8 by u8 gain nothing from 16 filters;
 * depthwise ones are the same as above (58 channels of 52x52 0.65 ms, 64 0.35).
 */
const unsignedKernels: KernelChoices = {
  unsignedWeights: true,
  alignment: { ...signedKernels.alignment, fewest: 1 },
};

/** Returns what suits this processor. */
export function kernelChoices(): KernelChoices {
  return productSumsSaturate() ? unsignedKernels : signedKernels;
}
