import { type Color, hex } from '../maths/color.js';

export type Range = readonly [from: number, to: number];

/** A place where cameras hang: what differs from one place to another. A seed chooses within the ranges. */
export interface Site {
  /** Above the belt, metres: how large things appear. */
  readonly cameraHeightM: Range;
  /** How far cameras look down from the horizon, in turns. */
  readonly pitchTurns: Range;
  readonly beltColors: readonly Color[];
  readonly floorColors: readonly Color[];
  readonly wallColors: readonly Color[];
  /** How often each of the eight classes comes by, relative to the others. */
  readonly classMix: readonly number[];
  /** Things per metre of belt that are tried to be placed. */
  readonly density: Range;
  readonly conditions: Conditions;
}

/** Light and optics at a moment. */
export interface Conditions {
  /** 1 exposes a white surface fully. */
  readonly level: number;
  /** Share of the light that comes from the main lamp, 0..1: how hard shadows are. */
  readonly keyShare: number;
  /** Colour temperature of the light and colour cast of the sensor. */
  readonly cast: Color;
  /** How much brighter the right and the lower edge are than the middle, relative to it. */
  readonly gradient: readonly [right: number, down: number];
  /** Share of the light that a fogged lens scatters over the picture, 0..1. */
  readonly fog: number;
  /** Dirt on the lens, 0..1. */
  readonly dirt: number;
  /** Standard deviation of the noise at full exposure, relative to it. */
  readonly noise: number;
  /** Blur of the lens: the weight that each neighbour gets, 0..0.33. */
  readonly softness: number;
}

const hall: Site = {
  cameraHeightM: [0.85, 1.1],
  pitchTurns: [0.08, 0.106],
  beltColors: [0x3c4a44, 0x2f3336, 0x4b5a5e, 0x355a4a].map(hex),
  floorColors: [0x8f9292, 0xa39f97, 0x7d8a8c].map(hex),
  wallColors: [0xc9cdcb, 0xb4c0c4, 0xd2ccbd].map(hex),
  classMix: [0.9, 1.3, 1.3, 1, 1.2, 0.8, 0.6, 1.2],
  density: [9, 14],
  conditions: {
    level: 2.05,
    keyShare: 0.64,
    cast: [1, 1, 0.98],
    gradient: [0.1, -0.05],
    fog: 0.015,
    dirt: 0.1,
    noise: 0.018,
    softness: 0.07,
  },
};

const yard: Site = {
  cameraHeightM: [1.05, 1.35],
  pitchTurns: [0.088, 0.115],
  beltColors: [0x5a4636, 0x6b6558, 0x3a3430, 0x6e4b33].map(hex),
  floorColors: [0x5d5a55, 0x6f6559, 0x4a4d50].map(hex),
  wallColors: [0x6f4a38, 0x4a5a66, 0x7c7a70].map(hex),
  classMix: [1.5, 0.8, 0.7, 1, 0.7, 1.5, 1.3, 0.5],
  density: [7, 11],
  conditions: {
    level: 0.8,
    keyShare: 0.72,
    cast: [1.22, 1, 0.66],
    gradient: [-0.45, 0.25],
    fog: 0.07,
    dirt: 0.4,
    noise: 0.035,
    softness: 0.13,
  },
};

/**
 * `hall` is bright, neutral and clean, its cameras hang low; `yard` is under a roof outdoors, in the low sun: dim, warm,
 * uneven, hazy, and its cameras hang high.
 */
export const sites = { hall, yard } as const satisfies Record<string, Site>;

export type SiteName = keyof typeof sites;

export const siteNames = Object.keys(sites) as SiteName[];
