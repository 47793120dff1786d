import { manifestSchema } from '../../../runtime/detector/manifest.js';
import { AgentError } from '../../../runtime/errors.js';

type Json = Record<string, unknown>;

/** Values of a manifest that the user gives, as text by dotted key; a number in a key is a place in a list. */
export type ManifestSettings = ReadonlyMap<string, string>;

/** Returns each setting's value: what it is as JSON, else the text itself. */
export function settingValues(settings: ManifestSettings): Map<string, unknown> {
  return new Map([...settings].map(([key, text]) => [key, jsonOrText(text)]));
}

/**
 * Returns `manifest` with the settings written over it. Text that is JSON counts as such, unless the manifest's schema
 * wants text at its place: `name=123` is a name. The result is not checked otherwise.
 *
 * @throws AgentError `usage` for a key below `model`, which is the file's own, or through a value that has no parts
 */
export function applySettings(manifest: Json, settings: ManifestSettings): Json {
  let result = manifest;
  for (const [key, text] of settings) {
    const path = key.split('.');
    if (path[0] === 'model' || path[0] === 'manifestVersion') {
      throw new AgentError('usage', `--set ${key}: expected a key of the manifest other than ${path[0]}`, {
        detail: { where: `--set ${key}`, mend: 'docs/manifest.md lists the keys' },
      });
    }
    const asJson = withValue(result, path, jsonOrText(text));
    result = complainsAt(asJson, path) ? withValue(result, path, text) : asJson;
  }
  return result;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Whether the schema wants text where `path` leads. */
function complainsAt(manifest: Json, path: readonly string[]): boolean {
  const issues = manifestSchema.safeParse(manifest).error?.issues ?? [];
  return issues.some(
    (issue) =>
      issue.code === 'invalid_type' && issue.expected === 'string' && issue.path.join('.') === path.join('.'),
  );
}

function withValue(manifest: Json, path: readonly string[], value: unknown): Json {
  const copy = structuredClone(manifest);
  let parent: Json = copy;
  for (const [depth, step] of path.slice(0, -1).entries()) {
    const next = parent[step] ?? {};
    if (typeof next !== 'object') {
      const where = path.slice(0, depth + 1).join('.');
      throw new AgentError('usage', `--set ${path.join('.')}: ${where} has no parts`, {
        detail: { where: `--set ${path.join('.')}`, got: next },
      });
    }
    parent[step] = next;
    parent = next as Json;
  }
  parent[path.at(-1)!] = value;
  return copy;
}
