import { syntheticCategories } from '../catalog/catalog.js';
import { type Model, posed } from '../catalog/model.js';
import { type Draw, drawAt } from '../maths/draw.js';
import { rotation, type Vector } from '../maths/vector.js';
import type { Solid } from '../solids/solid.js';
import { type Belt, BeltFrame } from './belt.js';
import type { Layout } from './layout.js';
import type { Footprint } from './shadow.js';
import type { Site } from './site.js';

/** Something in the scene at a moment. */
export interface Thing {
  /** 1 to 8; 0 for what has no class, such as a hand. */
  readonly categoryId: number;
  readonly solids: readonly Solid[];
  /** Null for what casts no shadow on a belt: it stands on another thing. */
  readonly footprint: Footprint | null;
  /** How it moves, metres per second. */
  readonly velocity: Vector;
  /** What it stands on or in: things of a group are drawn in their order. */
  readonly groupAt: Vector;
}

/** A piece of the belt with what lies on it: drawn by its number, whenever it comes by. */
const slotM = 0.5;
const drawOfSlots = 100;

/** Returns what lies on a belt at a time: a pure function, so any moment can be had without those before it. */
export function thingsOn(belt: Belt, beltIndex: number, scene: TrafficOptions): Thing[] {
  const { site, layout, timeS } = scene;
  const shiftM = -belt.speedMPerS * timeS;
  const first = Math.floor((nearestM - shiftM) / slotM) - 1;
  const last = Math.floor((belt.endM - 0.1 - shiftM) / slotM);
  const frame = new BeltFrame(belt);
  const things: Thing[] = [];
  for (let slot = first; slot <= last; slot++) {
    const draw = drawAt(layout.seed, drawOfSlots + beltIndex, slot);
    for (const stack of stacksIn({ draw, site, belt, layout })) {
      const u = slot * slotM + stack.u + shiftM;
      if (u < belt.endM) things.push(...placed(stack, { u, frame, belt }));
    }
  }
  return things;
}

/** Along a belt: what is nearer is below the picture. */
const nearestM = 0.2;

export interface TrafficOptions {
  readonly site: Site;
  readonly layout: Layout;
  readonly timeS: number;
}

/** A thing on the belt with what stands on it or lies in it. */
interface Stack {
  /** Within the slot. */
  readonly u: number;
  readonly v: number;
  readonly yawTurns: number;
  readonly categoryId: number;
  readonly model: Model;
  readonly upon: readonly { categoryId: number; model: Model; offset: Vector; yawTurns: number }[];
}

interface SlotOptions {
  readonly draw: Draw;
  readonly site: Site;
  readonly belt: Belt;
  readonly layout: Layout;
}

function stacksIn({ draw, site, belt, layout }: SlotOptions): Stack[] {
  const stacks: (Stack & { reach: number })[] = [];
  if (draw.chance(0.06)) return stacks;
  const crowding = draw.between(0.3, 1.7);
  const tries = Math.round(layout.density * slotM * crowding * (belt.halfWidthM / 0.4));
  for (let count = 0; count < tries; count++) {
    const { categoryId, model } = drawThing(draw, site.classMix);
    const reach = Math.max(model.halfX, model.halfY);
    const room = belt.halfWidthM - 0.8 * reach;
    // Away from the slot's ends, so that it does not reach far into the next.
    const end = Math.min(slotM / 2, 0.65 * reach);
    const [u, v] = [draw.between(end, slotM - end), draw.between(-room, room)];
    const yawTurns = draw.between(0, 1);
    const upon = uponOf(draw, model);
    const touches = stacks.some((other) => {
      const apart = 0.86 * (reach + other.reach);
      return (u - other.u) * (u - other.u) + (v - other.v) * (v - other.v) < apart * apart;
    });
    if (!touches && room > 0) stacks.push({ u, v, yawTurns, categoryId, model, upon, reach });
  }
  return stacks;
}

function drawThing(draw: Draw, weights: readonly number[]): { categoryId: number; model: Model } {
  const { id, build } = syntheticCategories[draw.weighted(weights)]!;
  return { categoryId: id, model: sized(build(draw), draw.between(0.85, 1.25)) };
}

/** Bottles, tins, balls, tubes and mugs: what a crate may hold. */
const smallThings = [0, 1, 1, 1, 1, 0, 0, 1];
const anyThing = [0.5, 1, 1, 0.6, 1, 0.6, 0, 1];

function uponOf(draw: Draw, { inside, flatTop, halfX, halfY, heightM }: Model): Stack['upon'] {
  if (inside) {
    return Array.from({ length: draw.oneOf([0, 0, 1, 2, 3]) }, (_, index) => {
      const { categoryId, model } = drawThing(draw, smallThings);
      const fits = Math.min(1, inside.halfX / (2.1 * model.halfX), inside.halfY / (1.3 * model.halfX));
      const side = index === 0 ? -0.5 : index === 1 ? 0.5 : 0;
      const offset = [side * inside.halfX, draw.between(-0.2, 0.2) * inside.halfY, inside.floorM] as const;
      return { categoryId, model: sized(model, Math.max(0.6, fits)), offset, yawTurns: draw.between(0, 1) };
    });
  }
  if (!flatTop || Math.min(halfX, halfY) < 0.075 || draw.chance(0.68)) return [];
  const { categoryId, model } = drawThing(draw, anyThing);
  const fits = Math.min(1, Math.min(halfX, halfY) / (0.9 * Math.max(model.halfX, model.halfY)));
  const small = sized(model, Math.max(0.6, fits));
  const slack = { x: Math.max(0, halfX - small.halfX), y: Math.max(0, halfY - small.halfX) };
  const offset = [draw.between(-0.7, 0.7) * slack.x, draw.between(-0.7, 0.7) * slack.y, heightM] as const;
  return [{ categoryId, model: small, offset, yawTurns: draw.between(0, 1) }];
}

function sized(model: Model, by: number): Model {
  const grown = ([x, y, z]: Vector): Vector => [x * by, y * by, z * by];
  return {
    ...model,
    solids: model.solids.map((solid) => ({ ...solid, center: grown(solid.center), half: grown(solid.half) })),
    ...{ halfX: model.halfX * by, halfY: model.halfY * by, heightM: model.heightM * by },
    ...(model.inside && {
      inside: {
        halfX: model.inside.halfX * by,
        halfY: model.inside.halfY * by,
        floorM: model.inside.floorM * by,
      },
    }),
  };
}

interface Place {
  readonly u: number;
  readonly frame: BeltFrame;
  readonly belt: Belt;
}

function placed(stack: Stack, { u, frame, belt }: Place): Thing[] {
  const { model, yawTurns } = stack;
  const heading = yawTurns - belt.headingTurns;
  const axes = rotation('yaw', heading);
  const at = frame.place(u, stack.v, 0);
  const way = frame.place(1, 0, 0);
  const start = frame.place(0, 0, 0);
  const speed = -belt.speedMPerS;
  const velocity: Vector = [speed * (way[0] - start[0]), speed * (way[1] - start[1]), 0];
  const footprint: Footprint = {
    x: at[0],
    y: at[1],
    axes,
    ...{ halfX: model.halfX, halfY: model.halfY, heightM: model.heightM, round: model.round ?? false },
  };
  const base: Thing = {
    categoryId: stack.categoryId,
    solids: posed(model.solids, axes, at),
    ...{ footprint, velocity, groupAt: at },
  };
  const upon = stack.upon.map((other): Thing => {
    const turnedOther = posed(other.model.solids, rotation('yaw', other.yawTurns), other.offset);
    const solids = posed(turnedOther, axes, at);
    return { categoryId: other.categoryId, solids, footprint: null, velocity, groupAt: at };
  });
  return [base, ...upon];
}
