import { z } from 'zod';
import { configSchema } from './configSchema.js';

/** One leaf of the configuration, as its schema describes it. */
export interface ConfigKey {
  /** Dotted, e.g. `http.port`. */
  readonly path: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  /** Absent for a key that may be left out. */
  readonly default?: unknown;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  /** The words that it takes: alone, or beside the numbers of the range. */
  readonly enum?: readonly string[];
  readonly description: string;
  readonly unit?: string;
  readonly requiresRestart: boolean;
  /** Environment variable that overrides the file. */
  readonly env: string;
}

interface SchemaNode extends Omit<ConfigKey, 'path' | 'env'> {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  /** A word or a number. */
  readonly anyOf?: readonly (SchemaNode & { readonly const?: string })[];
}

/** Returns the JSON Schema (draft 2020-12) of `detptq.yaml`. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' });
  return { $schema, title: 'Configuration of detptq (detptq.yaml)', ...schema };
}

/** Returns the variable for a key: `http.maxBodyBytes` is `DETPTQ_HTTP__MAX_BODY_BYTES`. */
export function environmentName(path: string): string {
  const segments = path.split('.').map((segment) => segment.replace(/[A-Z]/g, '_$&').toUpperCase());
  return `DETPTQ_${segments.join('__')}`;
}

/** Every key, in the order of the schema. */
export const configKeys: readonly ConfigKey[] = leaves(configJsonSchema() as unknown as SchemaNode, '');

function leaves(node: SchemaNode, path: string): ConfigKey[] {
  if (node.properties === undefined) return [{ ...oneOf(node), path, env: environmentName(path) }];
  return Object.entries(node.properties).flatMap(([name, child]) =>
    leaves(child, path === '' ? name : `${path}.${name}`),
  );
}

/** Returns the alternatives of a node as one: the range of the numbers, and the words. */
function oneOf({ anyOf, ...node }: SchemaNode): SchemaNode {
  if (anyOf === undefined) return node;
  const words = anyOf.flatMap(({ const: word }) => word ?? []);
  const number = anyOf.find(({ const: word }) => word === undefined);
  return { ...number, ...node, enum: words };
}
