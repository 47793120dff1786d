import { valueNoise } from './noise.js';

const cells = 16;
const perCell = 64;
const side = cells * perCell;

/** Value noise of a torus of 16 x 16 cells, 64 x 64 samples in each, 0..255. All 0 before `prepareTableNoise`. */
const table = new Uint8Array(side * side);
let isPrepared = false;

/** Must be called before the first `tableNoise`, which would take half as long again if it looked whether it was. */
export function prepareTableNoise(): void {
  if (isPrepared) return;
  fillTorus(table);
  isPrepared = true;
}

/**
 * Returns value noise, 0..1 in steps of 1/255, that repeats every 16 units; `seed` moves it. For what is painted pixel
 * by pixel: so small that it is inlined, and many times faster than `valueNoise`. 0 before `prepareTableNoise`.
 */
export function tableNoise(x: number, y: number, seed: number): number {
  const column = Math.floor(x * perCell + Math.imul(seed, 4421)) & (side - 1);
  const row = Math.floor(y * perCell + Math.imul(seed, 2953)) & (side - 1);
  return table[row * side + column]! / 255;
}

function fillTorus(samples: Uint8Array): void {
  const lattice = Array.from({ length: cells * cells }, (_, at) =>
    valueNoise(at % cells, Math.floor(at / cells), 7),
  );
  const corner = (column: number, row: number) => lattice[(row % cells) * cells + (column % cells)]!;
  for (let y = 0; y < side; y++) {
    const row = Math.floor(y / perCell);
    const below = eased(y / perCell - row);
    for (let x = 0; x < side; x++) {
      const column = Math.floor(x / perCell);
      const right = eased(x / perCell - column);
      const upper = corner(column, row) * (1 - right) + corner(column + 1, row) * right;
      const lower = corner(column, row + 1) * (1 - right) + corner(column + 1, row + 1) * right;
      samples[y * side + x] = Math.floor(255 * (upper * (1 - below) + lower * below) + 0.5);
    }
  }
}

function eased(share: number): number {
  return share * share * (3 - 2 * share);
}
