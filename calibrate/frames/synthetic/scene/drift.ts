import { mixed } from '../maths/color.js';
import { mix, sineOfTurns, smoothstep } from '../maths/stableMath.js';
import type { Conditions } from './site.js';

export const driftNames = ['night', 'fog', 'dirt'] as const;

/** A lasting change of a site: the day ends, the lens fogs up, or gets dirty. */
export interface Drift {
  readonly to: (typeof driftNames)[number];
  /** Frame that it begins with. */
  readonly fromFrame: number;
  /** Frames that it takes; 0 changes at once. */
  readonly overFrames: number;
}

/** Returns a site's conditions at a frame: daylight that wavers, and how far the drift has come by then. */
export function conditionsAt(site: Conditions, index: number, drift: Drift | null): Conditions {
  const cloud = 1 + 0.05 * sineOfTurns(index / 97) + 0.03 * sineOfTurns(index / 23);
  const now = { ...site, level: site.level * cloud };
  if (drift === null) return now;
  const { fromFrame, overFrames } = drift;
  const share =
    overFrames > 0 ? smoothstep(fromFrame, fromFrame + overFrames, index) : Number(index >= fromFrame);
  return between(now, drifted[drift.to](now), share);
}

const drifted: Record<Drift['to'], (site: Conditions) => Conditions> = {
  // One lamp is left, and the sensor amplifies what it gets.
  night: (site) => ({
    ...site,
    level: site.level * 0.22,
    keyShare: 0.8,
    cast: [site.cast[0] * 0.85, site.cast[1] * 0.95, site.cast[2] * 1.25],
    gradient: [site.gradient[0] + 0.35, site.gradient[1] + 0.2],
    noise: site.noise * 2.2,
  }),
  fog: (site) => ({ ...site, fog: 0.55, softness: 0.32, dirt: Math.max(site.dirt, 0.3) }),
  dirt: (site) => ({ ...site, dirt: 1, fog: site.fog + 0.1, softness: Math.max(site.softness, 0.2) }),
};

function between(a: Conditions, b: Conditions, share: number): Conditions {
  return {
    level: mix(a.level, b.level, share),
    keyShare: mix(a.keyShare, b.keyShare, share),
    cast: mixed(a.cast, b.cast, share),
    gradient: [mix(a.gradient[0], b.gradient[0], share), mix(a.gradient[1], b.gradient[1], share)],
    fog: mix(a.fog, b.fog, share),
    dirt: mix(a.dirt, b.dirt, share),
    noise: mix(a.noise, b.noise, share),
    softness: mix(a.softness, b.softness, share),
  };
}
