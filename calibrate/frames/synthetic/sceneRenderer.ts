import type { RawImage } from '../../../runtime/detector/image.js';
import type { Color } from './maths/color.js';
import { prepareTableNoise } from './maths/tableNoise.js';
import { add, dot, scaled, type Vector } from './maths/vector.js';
import { type Camera, createCamera, project } from './optics/camera.js';
import { createLens } from './optics/lens.js';
import { Sensor } from './optics/sensor.js';
import { soften } from './optics/soften.js';
import { type Backdrop, backdropOf } from './scene/backdrop.js';
import { type BeltView, paintBelts } from './scene/beltPainter.js';
import { type BeltTexture, beltTexture } from './scene/beltTexture.js';
import { composite } from './scene/composite.js';
import { conditionsAt, type Drift } from './scene/drift.js';
import { createFrameBuffer, type FrameBuffer } from './scene/frameBuffer.js';
import { handAt } from './scene/hand.js';
import { Layer } from './scene/layer.js';
import { type Layout, layoutOf } from './scene/layout.js';
import { castShadow } from './scene/shadow.js';
import { type Site, type SiteName, sites } from './scene/site.js';
import { Smear } from './scene/smear.js';
import { type Thing, thingsOn } from './scene/traffic.js';
import { type Light, lightingOf } from './solids/shading.js';
import { type DrawnThing, type SyntheticObject, truthOf } from './truth.js';

/** Of a picture whose size is not given, pixels. */
export const sceneSize = { width: 640, height: 480 } as const;

export interface SceneOptions {
  readonly site: SiteName;
  /** Chooses where the camera hangs, what the place looks like and what comes by. Any safe integer. */
  readonly seed: number;
  /** Pixels. Default 640. */
  readonly width?: number;
  /** Pixels. Default 480. */
  readonly height?: number;
  /** A change of light or lens. Default none. */
  readonly drift?: Drift;
  /** Frames in a second of the scene's time. Default 5. */
  readonly fps?: number;
}

export interface RenderedScene {
  /** What the sensor records, before a JPEG encoder. */
  readonly image: RawImage;
  readonly truth: readonly SyntheticObject[];
}

/** How long the shutter is open, seconds. */
const shutterS = 1 / 90;

/**
 * Renders the frames of one camera. What never moves is drawn once, by the constructor (about 0.2 s).
 *
 * Frame i is a function of the options and i: frames before it need not be rendered, and its bytes are the same on
 * every machine.
 */
export class SceneRenderer {
  readonly #site: Site;
  readonly #drift: Drift | null;
  readonly #fps: number;
  readonly #layout: Layout;
  readonly #camera: Camera;
  readonly #light: Light;
  readonly #backdrop: Backdrop;
  readonly #textures: readonly BeltTexture[];
  readonly #sensor: Sensor;
  readonly #frame: FrameBuffer;
  readonly #layer: Layer;
  readonly #smear = new Smear();
  readonly #lit: Float32Array;
  readonly #open: Float32Array;

  constructor({ site, seed, drift, fps = 5, ...given }: SceneOptions) {
    prepareTableNoise();
    const { width, height } = { ...sceneSize, ...given };
    const size = { width, height };
    this.#site = sites[site];
    this.#drift = drift ?? null;
    this.#fps = fps;
    this.#layout = layoutOf(this.#site, seed, size);
    this.#camera = createCamera(this.#layout.camera);
    this.#light = lightOf(this.#layout, this.#site.conditions.keyShare);
    this.#backdrop = backdropOf(this.#layout, { camera: this.#camera, light: this.#light });
    this.#textures = this.#layout.belts.map(({ halfWidthM, speedMPerS }, index) =>
      beltTexture({ halfWidthM, seed: (seed | 0) + index, blurM: Math.abs(speedMPerS) * shutterS }),
    );
    this.#sensor = new Sensor(size, createLens(size, seed));
    this.#frame = createFrameBuffer(size);
    this.#layer = new Layer(this.#camera);
    this.#lit = new Float32Array(width * height);
    this.#open = new Float32Array(width * height);
  }

  /** Returns frame `index` (0 or more) and what is to be seen in it; the caller owns both. */
  render(index: number): RenderedScene {
    const timeS = index / this.#fps;
    const conditions = conditionsAt(this.#site.conditions, index, this.#drift);
    const light = lightOf(this.#layout, conditions.keyShare);
    const things = this.#thingsAt(timeS);
    this.#paintGround(things, { light, timeS });
    const drawn = this.#paintThings(things, light);
    const truth = truthOf(this.#frame, drawn);
    soften(this.#frame.color, this.#camera, conditions.softness);
    const { width, height } = this.#camera;
    const data = this.#sensor.expose(this.#frame.color, { conditions, seed: this.#layout.seed, index });
    return { image: { width, height, data }, truth };
  }

  /** The farthest first, and a crate before what lies in it. */
  #thingsAt(timeS: number): Thing[] {
    const scene = { site: this.#site, layout: this.#layout, timeS };
    const things = this.#layout.belts.flatMap((belt, index) => thingsOn(belt, index, scene));
    const depth = ({ groupAt }: Thing) => dot(groupAt, this.#camera.forward);
    return [...things, ...handAt(this.#layout, timeS)].sort((a, b) => depth(b) - depth(a));
  }

  #paintGround(things: readonly Thing[], { light, timeS }: { light: Light; timeS: number }): void {
    const { ground, color, depth } = this.#backdrop;
    this.#lit.fill(1);
    this.#open.fill(1);
    const planes = { lit: this.#lit, open: this.#open };
    for (const { footprint } of things) {
      if (footprint) castShadow(footprint, planes, { camera: this.#camera, ground, lamp: light.towards });
    }
    this.#frame.color.set(color);
    this.#frame.depth.set(depth);
    this.#frame.owner.fill(0);
    const views = this.#layout.belts.map(
      (belt, index): BeltView => ({
        belt,
        texture: this.#textures[index]!,
        travelM: belt.speedMPerS * timeS,
      }),
    );
    paintBelts(views, { color: this.#frame.color, backdrop: this.#backdrop }, { light, ...planes });
  }

  #paintThings(things: readonly Thing[], light: Light): DrawnThing[] {
    return things.map(({ categoryId, solids, groupAt, velocity }, index) => {
      const view = add(groupAt, scaled(this.#camera.position, -1));
      this.#layer.draw(solids, lightingOf(light, view));
      this.#smear.apply(this.#layer, this.#motionOf(groupAt, velocity));
      return { categoryId, alonePx: composite(this.#layer, this.#frame, index + 1) };
    });
  }

  /** How far a place moves in the picture while the shutter is open, pixels. */
  #motionOf(place: Vector, velocity: Vector): { x: number; y: number } {
    const from = project(this.#camera, place);
    const to = project(this.#camera, add(place, scaled(velocity, shutterS)));
    return from.t > 0 && to.t > 0 ? { x: to.x - from.x, y: to.y - from.y } : { x: 0, y: 0 };
  }
}

/** White light of which `keyShare` comes from the lamp; what falls on a level surface adds up to about 1. */
function lightOf({ lamp }: Layout, keyShare: number): Light {
  const key = keyShare / lamp[2];
  const ambient = 1 - keyShare;
  const grey = (value: number): Color => [value, value, value];
  return { towards: lamp, key: grey(key), ambient: grey(ambient) };
}
