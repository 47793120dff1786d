import { bag } from './bag.js';
import { ball } from './ball.js';
import { bottle } from './bottle.js';
import { crate } from './crate.js';
import type { Builder } from './model.js';
import { mug } from './mug.js';
import { parcel } from './parcel.js';
import { tin } from './tin.js';
import { tube } from './tube.js';

export interface SyntheticCategory {
  /** 1 to 8, as in a COCO file. */
  readonly id: number;
  readonly name: string;
  readonly build: Builder;
}

/** What the synthetic camera sees, by id. */
export const syntheticCategories: readonly SyntheticCategory[] = [
  { id: 1, name: 'parcel', build: parcel },
  { id: 2, name: 'bottle', build: bottle },
  { id: 3, name: 'tin', build: tin },
  { id: 4, name: 'ball', build: ball },
  { id: 5, name: 'tube', build: tube },
  { id: 6, name: 'bag', build: bag },
  { id: 7, name: 'crate', build: crate },
  { id: 8, name: 'mug', build: mug },
];
