import { AgentError } from '../../../runtime/errors.js';
import { driftNames } from './scene/drift.js';
import { siteNames } from './scene/site.js';
import type { SceneOptions } from './sceneRenderer.js';

const scheme = 'synthetic:';

export function isCameraSpec(text: string): boolean {
  return text.startsWith(scheme);
}

/**
 * Returns the options that `synthetic:SITE?key=value&...` names: `seed` (default 1), `fps`, `width`, `height`, and
 * `drift` (night, fog, dirt) that begins at frame `from` (default 0) and takes `over` frames (default 0).
 *
 * @throws AgentError `config_invalid`
 */
export function parseCameraSpec(text: string): SceneOptions {
  const [name, query = ''] = text.slice(scheme.length).split('?', 2);
  const entries = new Map(new URLSearchParams(query));
  const choice = <T extends string>(given: string | undefined, names: readonly T[]): T => {
    const found = names.find((candidate) => candidate === given);
    if (found === undefined) throw invalid(text, `expected ${names.join(' or ')}, got ${given || 'nothing'}`);
    return found;
  };
  const take = (key: string) => {
    const value = entries.get(key);
    entries.delete(key);
    return value;
  };
  const number = (key: string, [from, to]: readonly [number, number]) => {
    const given = take(key);
    if (given === undefined) return undefined;
    const value = given.trim() === '' ? Number.NaN : Number(given);
    const isRight = key === 'fps' ? value > 0 : Number.isInteger(value);
    if (isRight && value >= from && value <= to) return value;
    throw invalid(text, `${key}: expected a number from ${from} to ${to}, got ${given}`);
  };
  const frames = [0, 1e9] as const;
  const site = choice(name, siteNames);
  const seed = number('seed', [0, Number.MAX_SAFE_INTEGER]) ?? 1;
  const fps = number('fps', [0, 120]);
  const width = number('width', [64, 1920]);
  const height = number('height', [64, 1080]);
  const to = take('drift');
  const drift =
    to === undefined
      ? undefined
      : {
          to: choice(to, driftNames),
          fromFrame: number('from', frames) ?? 0,
          overFrames: number('over', frames) ?? 0,
        };
  const [unknown] = entries.keys();
  if (unknown !== undefined) throw invalid(text, `the key ${unknown} is not known here`);
  return {
    ...{ site, seed },
    ...(fps !== undefined && { fps }),
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(drift !== undefined && { drift }),
  };
}

function invalid(text: string, problem: string): AgentError {
  return new AgentError('config_invalid', `camera ${text}: ${problem}`, {
    detail: { where: text, expected: problem },
  });
}
