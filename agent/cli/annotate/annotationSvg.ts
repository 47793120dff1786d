import type { Detection } from '../../../runtime/detector/detection.js';
import { placeLabel, type Rectangle } from './labelLayout.js';
import { type ClassColour, classColour } from './palette.js';
import { capHeight, descent, strokeText } from './strokeFont.js';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Sizes in pixels that follow from the picture's: readable on a thumbnail, not clumsy on 12 megapixels. */
interface Scale {
  readonly capPx: number;
  readonly linePx: number;
}

/**
 * Returns an SVG of the picture's size with a box and a label (`person 0.87`) per detection, in the colour of its
 * class, the highest scores on top. Needs no font.
 */
export function annotationSvg(detections: readonly Detection[], picture: PictureSize): string {
  const scale = scaleOf(picture);
  const byScore = [...detections].sort((a, b) => b.score - a.score);
  const taken: Rectangle[] = [];
  const labels = byScore.map((detection) => {
    const label = labelOf(detection, scale);
    const place = placeLabel(detection.box, label, picture, taken);
    taken.push(place);
    return labelSvg(label, place, scale);
  });
  const boxes = byScore.map((detection) => boxSvg(detection, scale));
  // Boxes before labels, so that no line crosses a label; in each, the best last, so that it lies on top.
  const body = [...boxes.reverse(), ...labels.reverse()].join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${picture.width}" height="${picture.height}">${body}</svg>`;
}

function scaleOf(picture: PictureSize): Scale {
  const side = Math.sqrt(picture.width * picture.height);
  return { capPx: Math.max(7, side / 56), linePx: Math.max(1.5, side / 280) };
}

function boxSvg({ box, classId }: Detection, { linePx }: Scale): string {
  const [x1, y1, x2, y2] = box;
  const frame = `x="${px(x1)}" y="${px(y1)}" width="${px(x2 - x1)}" height="${px(y2 - y1)}" rx="${px(linePx)}" fill="none"`;
  // The dark rim keeps a light box visible on a light background.
  return (
    `<rect ${frame} stroke="#000" stroke-opacity=".45" stroke-width="${px(linePx * 1.8)}"/>` +
    `<rect ${frame} stroke="${classColour(classId).fill}" stroke-width="${px(linePx)}"/>`
  );
}

interface Label {
  readonly text: ReturnType<typeof strokeText>;
  readonly colour: ClassColour;
  readonly width: number;
  readonly height: number;
}

function labelOf({ label, score, classId }: Detection, { capPx }: Scale): Label {
  const text = strokeText(`${label} ${score.toFixed(2)}`);
  const unitPx = capPx / capHeight;
  return {
    text,
    colour: classColour(classId),
    width: text.width * unitPx + capPx * 1.2,
    height: (capHeight + descent) * unitPx + capPx * 0.7,
  };
}

function labelSvg({ text, colour }: Label, place: Rectangle, { capPx }: Scale): string {
  const unitPx = capPx / capHeight;
  const left = place.x + capPx * 0.6;
  const top = place.y + capPx * 0.5;
  const path = text.glyphs.map(
    (glyph) => `<path transform="translate(${px(glyph.x)} 0)" d="${glyph.path}"/>`,
  );
  return (
    `<rect x="${px(place.x)}" y="${px(place.y)}" width="${px(place.width)}" height="${px(place.height)}" ` +
    `rx="${px(capPx * 0.25)}" fill="${colour.fill}" fill-opacity=".92"/>` +
    `<g transform="translate(${px(left)} ${px(top)}) scale(${unitPx.toFixed(4)})" fill="none" ` +
    `stroke="${colour.text}" stroke-width=".95" stroke-linecap="round" stroke-linejoin="round">${path.join('')}</g>`
  );
}

function px(value: number): string {
  return value.toFixed(2);
}
