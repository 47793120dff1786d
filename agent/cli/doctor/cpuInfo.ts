/** Instruction sets that decide the speed of float and int8 convolutions, by the kernel's names for them. */
const relevantFeatures = new Set([
  ...[
    'sse4_1',
    'avx',
    'avx2',
    'fma',
    'f16c',
    'avx512f',
    'avx512bw',
    'avx512_vnni',
    'avx_vnni',
    'avx_vnni_int8',
  ],
  ...[
    'amx_int8',
    'avx512_fp16',
    'avx512_bf16',
    'neon',
    'asimd',
    'asimdhp',
    'asimddp',
    'i8mm',
    'bf16',
    'sve',
    'sve2',
  ],
]);

/**
 * Returns the instruction sets of interest that `/proc/cpuinfo` lists, sorted.
 *
 * @param text x86 names them `flags`, ARM `Features`
 */
export function cpuFeatures(text: string): string[] {
  const list = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1] ?? '';
  return list
    .split(/\s+/)
    .filter((name) => relevantFeatures.has(name))
    .sort();
}

/** Returns the processor's name in `/proc/cpuinfo`, or the board's where ARM gives only that; `null` without either. */
export function cpuName(text: string): string | null {
  return /^(?:model name|Model|Hardware)\s*:\s*(.+)$/m.exec(text)?.[1]?.trim() ?? null;
}
