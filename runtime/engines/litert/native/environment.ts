import type { EnvironmentOption, Handle, LitertLibrary } from './bindings.js';
import { created } from './status.js';

const environments = new WeakMap<LitertLibrary, NonNullable<Handle>>();

/** `LiteRtEnvOptionTag`s and the type of their values. */
const tags = { autoRegisterAccelerators: 24, minimumLogSeverity: 25 };
const integer = 2;

/** Errors come as statuses; the library must not print beside them. */
const fatalOnly = 4;

/** Returns the library's environment: one for all models, as long as the process lives. @throws AgentError `engine_load_failed` */
export function environmentOf(library: LitertLibrary): NonNullable<Handle> {
  const options = [option(tags.autoRegisterAccelerators, 1), option(tags.minimumLogSeverity, fatalOnly)];
  const environment =
    environments.get(library) ??
    created('make an environment', (out) => library.LiteRtCreateEnvironment(options.length, options, out));
  environments.set(library, environment);
  return environment;
}

function option(tag: number, value: number): EnvironmentOption {
  return { tag, padding: 0, valueType: integer, valuePadding: 0, value };
}
