import type { HeadManifest, InputManifest, Manifest } from '../manifest.js';

/** A manifest's value that the file does not tell for certain. */
export interface Guess {
  /** Dotted, e.g. `input.color`. */
  readonly key: string;
  readonly value: unknown;
  readonly why: string;
}

/** A manifest's key that has to be given, for nothing in the file tells it. */
export interface Missing {
  readonly key: string;
  readonly why: string;
  /** A value of the right form, for the message. */
  readonly example: string;
}

/** The part of a manifest that a head is, not checked yet: keys that are missing or have defaults may be absent. */
export type HeadDraft = { readonly type: HeadManifest['type'] } & Readonly<Record<string, unknown>>;

/** How pictures become the network's input; name and shape come from the graph. */
export type InputConvention = Omit<InputManifest, 'name' | 'shape' | 'layout'>;

/** What a family's recogniser says of a graph. */
export interface FamilyMatch {
  /** For people, e.g. `YOLOX`. */
  readonly family: string;
  /** What in the file says so, as one sentence. */
  readonly evidence: string;
  readonly numClasses: number;
  /** Class names that the file holds. */
  readonly labels?: readonly string[];
  readonly head: HeadDraft;
  readonly input: InputConvention;
  readonly postprocess: Manifest['postprocess'];
  readonly guesses: readonly Guess[];
  readonly missing?: readonly Missing[];
}

/** A detector as far as its file tells it. */
export interface Recognition {
  readonly family: string;
  readonly evidence: string;
  /** All of a manifest but `manifestVersion`, `name` and `model`; not checked yet. */
  readonly draft: Readonly<Record<'labels' | 'input' | 'postprocess', unknown>> & {
    readonly head: HeadDraft;
  };
  readonly guesses: readonly Guess[];
  readonly missing: readonly Missing[];
}
