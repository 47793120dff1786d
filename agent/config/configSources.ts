import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { AgentError } from '../../runtime/errors.js';
import { type ConfigKey, configKeys } from './configKeys.js';
import { nearestName } from './nearestName.js';

/** A value for one key, and where it comes from for messages: a file, a variable or a flag. */
export interface ConfigEntry {
  readonly path: string;
  readonly value: unknown;
  readonly origin: string;
}

/** Variables that are no keys: what they name is asked for before any configuration is read. */
const reservedVariables = new Set(['DETPTQ_STATE_DIR', 'DETPTQ_CONFIG', 'DETPTQ_DEMO_MODEL']);

/**
 * Returns the entries of a YAML file, one per leaf.
 *
 * @throws AgentError `config_invalid` for text that is not a YAML mapping or an unknown key, `file_not_found`
 */
export async function entriesOfFile(path: string): Promise<ConfigEntry[]> {
  const origin = `file ${path}`;
  let document: unknown;
  try {
    document = parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing ? `${path} does not exist` : `${path}: ${(cause as Error).message}`;
    throw new AgentError(missing ? 'file_not_found' : 'config_invalid', message, {
      cause,
      detail: { where: path },
    });
  }
  if (document === null || document === undefined) return [];
  if (!isMapping(document)) {
    throw new AgentError('config_invalid', `${path}: expected a mapping of keys, got ${typeof document}`, {
      detail: { where: path },
    });
  }
  return flatten(document, { prefix: '', origin });
}

/** Returns the entries of the `DETPTQ_…` variables. @throws AgentError `config_invalid` */
export function entriesOfEnvironment(env: Readonly<Record<string, string | undefined>>): ConfigEntry[] {
  const keyOf = new Map(configKeys.map((key) => [key.env, key]));
  return Object.entries(env).flatMap(([name, text]) => {
    if (!name.startsWith('DETPTQ_') || reservedVariables.has(name) || text === undefined) return [];
    const key = keyOf.get(name);
    if (key !== undefined) return [{ path: key.path, value: fromText(key, text), origin: `env ${name}` }];
    throw unknownKey(name, { origin: 'the environment', known: [...keyOf.keys()] });
  });
}

/** Returns the entries of flags, which are dotted keys with values. @throws AgentError `config_invalid` */
export function entriesOfFlags(flags: Readonly<Record<string, unknown>>): ConfigEntry[] {
  return Object.entries(flags).flatMap(([path, value]) => {
    if (value === undefined) return [];
    const key = knownKey(path, 'the command line');
    return [{ path, value: typeof value === 'string' ? fromText(key, value) : value, origin: 'flag' }];
  });
}

function flatten(
  mapping: Readonly<Record<string, unknown>>,
  { prefix, origin }: { readonly prefix: string; readonly origin: string },
): ConfigEntry[] {
  return Object.entries(mapping).flatMap(([name, value]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const isSection = configKeys.some((key) => key.path.startsWith(`${path}.`));
    if (isSection && isMapping(value)) return flatten(value, { prefix: path, origin });
    if (isSection && value === null) return [];
    if (isSection) throw notASection(path, { value, origin });
    knownKey(path, origin);
    // An empty value in YAML leaves the key at its default.
    return value === null ? [] : [{ path, value, origin }];
  });
}

function knownKey(path: string, origin: string): ConfigKey {
  const key = configKeys.find((candidate) => candidate.path === path);
  if (key !== undefined) return key;
  throw unknownKey(path, { origin, known: configKeys.map((candidate) => candidate.path) });
}

function unknownKey(
  name: string,
  { origin, known }: { readonly origin: string; readonly known: readonly string[] },
): AgentError {
  const nearest = nearestName(name, known);
  return new AgentError('config_invalid', `${origin}: unknown key ${name}; did you mean ${nearest}?`, {
    detail: { where: origin, got: name, nearest },
  });
}

function notASection(
  path: string,
  { value, origin }: { readonly value: unknown; readonly origin: string },
): AgentError {
  const keys = configKeys.filter((key) => key.path.startsWith(`${path}.`)).map((key) => key.path);
  return new AgentError(
    'config_invalid',
    `${origin}: ${path} holds keys (${keys.join(', ')}), got ${value}`,
    {
      detail: { where: origin, got: value, expected: keys },
    },
  );
}

/** A number that does not parse stays text, so that the schema refuses it with the text in its message. */
function fromText(key: ConfigKey, text: string): unknown {
  if (key.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if ((key.type === 'integer' || key.type === 'number') && text.trim() !== '') {
    const number = Number(text);
    return Number.isNaN(number) ? text : number;
  }
  return text;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
