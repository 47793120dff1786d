import { InvalidArgumentError, Option } from 'commander';
import type { ThreadSetting } from '../engines/threadTimes.js';
import { maskedUrl } from './masked.js';

interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

/** Returns a parser of a whole number within a range, for commander. */
export function integer(range: IntegerRange): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= range.min && value <= range.max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${range.min} to ${range.max}.`);
  };
}

/** Returns a parser of a comma-separated list of names, which gives what they stand for, for commander. */
export function choices<T>(byName: Readonly<Record<string, T>>): (text: string) => ReadonlySet<T> {
  return (text) => {
    const names = text.split(',').map((part) => part.trim());
    const unknown = names.find((name) => !Object.hasOwn(byName, name));
    if (unknown === undefined) return new Set(names.map((name) => byName[name]!));
    throw new InvalidArgumentError(`Expected of ${Object.keys(byName).join(', ')}, got "${unknown}".`);
  };
}

/** Returns a parser of a number from 0 to 1, for commander. */
export function ratio(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number from 0 to 1.');
}

const threadRange: IntegerRange = { min: 1, max: 256 };

/** `--engine`, the engine that runs the model. */
export function engineOption(): Option {
  return new Option('--engine <name>', 'engine that runs the model').default('auto');
}

/** `--threads`, the threads of one run. */
export function threadsOption(fallback: number): Option {
  return new Option('--threads <n>', 'threads of one run').argParser(integer(threadRange)).default(fallback);
}

/** `--threads` of a command that runs detectors as serving does. */
export function servingThreadsOption(): Option {
  return new Option('--threads <n>', 'threads of one run; auto: as many as doctor measured to serve best')
    .argParser(threadSetting)
    .default('auto');
}

/** Returns what a comma-separated list gives, each as `threadSetting` does, for commander. */
export function threadSettings(text: string): ThreadSetting[] {
  return text.split(',').map((part) => threadSetting(part.trim()));
}

/** Returns the number of threads that a text gives, or `auto`, for commander. */
function threadSetting(text: string): ThreadSetting {
  return text === 'auto' ? text : integer(threadRange)(text);
}

/** Adds `key=value` to the settings given before it. A secret has no place on a command line, which anyone can list. */
export function settings(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [, key, value] = /^([A-Za-z0-9.]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new InvalidArgumentError('Expected key=value, e.g. http.port=8081.');
  }
  if (maskedUrl(value) !== value) {
    throw new InvalidArgumentError('A user or password in a URL belongs in a file or in the environment.');
  }
  return { ...previous, [key]: value };
}

/** Adds a manifest's `key=value` to those given before it. */
export function manifestSettings(
  text: string,
  previous: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const [, key, value] = /^([A-Za-z0-9.]+)=(.*)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return new Map([...previous, [key, value]]);
  throw new InvalidArgumentError('Expected key=value, e.g. input.color=BGR.');
}

/** Returns the size that `480x640` (height x width) or `640` (square) gives, for commander. */
export function imageSize(text: string): { readonly height: number; readonly width: number } {
  const [, height, width = height] = /^(\d{1,4})(?:x(\d{1,4}))?$/.exec(text) ?? [];
  if (Number(height) >= 1 && Number(width) >= 1) return { height: Number(height), width: Number(width) };
  throw new InvalidArgumentError('Expected HEIGHTxWIDTH in pixels, e.g. 480x640.');
}
