import type { Graph } from '../graph/graph.js';
import type { Session } from './engine.js';

/** Forms by the choice that they belong to, such as `{ resize: 'broadcast' }`. */
export type ChosenForms = Readonly<Record<string, string>>;

/** A quantized graph in the form in which an engine runs it. */
export interface WrittenForm {
  /** Of the file: what is written alike runs alike. */
  readonly digest: string;
  /** @param threads of one run @throws AgentError `engine_load_failed` */
  load(threads: number): Promise<Session>;
}

/** The forms between which an engine has a choice when it writes a quantized graph; which is quickest, processors differ about. */
export interface LoweringForms {
  /** Of each choice the forms that compute the same on this processor. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
  /**
   * Returns the graph as the engine writes it, with the forms that are given where it would choose others.
   *
   * @throws AgentError `op_unsupported` for a graph that is not lowered
   */
  write(graph: Graph, chosen: ChosenForms): WrittenForm;
}

/** Returns what is left of `chosen` without choices and forms that are not known here, as of an older program. */
export function knownForms(choices: LoweringForms['choices'], chosen: ChosenForms = {}): ChosenForms {
  return Object.fromEntries(Object.entries(chosen).filter(([name, form]) => choices[name]?.includes(form)));
}
