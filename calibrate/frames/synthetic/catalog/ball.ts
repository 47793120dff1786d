import type { Draw } from '../maths/draw.js';
import { composed, rotation } from '../maths/vector.js';
import { ballKinds, ballSkin } from '../surfaces/ballSkin.js';
import type { Model } from './model.js';
import { drawColor } from './palette.js';

/** From a tennis ball to a beach ball, turned any way. */
export function ball(draw: Draw): Model {
  const radiusM = draw.chance(0.6) ? draw.between(0.03, 0.065) : draw.between(0.065, 0.13);
  const axes = composed(
    rotation('yaw', draw.between(0, 1)),
    composed(rotation('tilt', draw.between(0, 1)), rotation('yaw', draw.between(0, 1))),
  );
  const surface = ballSkin({
    ...{ kind: draw.oneOf(ballKinds), color: drawColor(draw, 0.1), second: drawColor(draw) },
    ...{ gloss: draw.between(0, 0.6), seed: draw.below(1 << 20) },
  });
  return {
    solids: [
      { shape: 'ellipsoid', center: [0, 0, radiusM], axes, half: [radiusM, radiusM, radiusM], surface },
    ],
    ...{ halfX: radiusM, halfY: radiusM, heightM: 2 * radiusM, round: true },
  };
}
