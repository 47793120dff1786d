import type { JobProgress } from '../jobs/jobRecord.js';

/** One step of the demo as it went. */
export interface DemoStep {
  readonly name: string;
  readonly seconds: number;
  /** What was found out in it. */
  readonly [fact: string]: unknown;
}

/** Who tells the story to the user. */
export interface Teller {
  /** A step begins: what will happen. */
  begin(name: string, sentence: string): void;
  /** How far the step has come. */
  progress(name: string, progress: JobProgress): void;
  /** What was found out in the step, at its end or before. */
  detail(sentence: string): void;
}

/** The steps of the demo, one after the other, each told as it begins and ends. */
export class DemoSteps {
  readonly #teller: Teller;
  readonly #done: DemoStep[] = [];
  #open: { readonly name: string; readonly startedMs: number; facts: object } | undefined;
  /** What is told with the time of the step, unless more is found out. */
  #last = '';

  constructor(teller: Teller) {
    this.#teller = teller;
  }

  get done(): readonly DemoStep[] {
    return this.#done;
  }

  begin(name: string, sentence: string): void {
    this.end();
    this.#open = { name, startedMs: performance.now(), facts: {} };
    this.#teller.begin(name, sentence);
  }

  progress(progress: JobProgress): void {
    if (this.#open) this.#teller.progress(this.#open.name, progress);
  }

  /** Tells what the open step has found out, and keeps it as numbers. */
  note(sentence: string, facts: object = {}): void {
    if (this.#last !== '') this.#teller.detail(this.#last);
    this.#last = sentence;
    if (this.#open) this.#open.facts = { ...this.#open.facts, ...facts };
  }

  /** Ends the open step, if any, with its time. */
  end(): void {
    if (this.#open === undefined) return;
    const { name, startedMs, facts } = this.#open;
    const seconds = (performance.now() - startedMs) / 1000;
    this.#open = undefined;
    this.#done.push({ name, seconds, ...facts });
    this.#teller.detail(`${this.#last} ${seconds.toFixed(1)} s`.trimStart());
    this.#last = '';
  }
}
