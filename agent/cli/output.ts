import { styleText } from 'node:util';
import type { AgentError } from '../../runtime/errors.js';
import { errorText } from './errorText.js';
import { withEta } from './estimatedEta.js';
import { barText, type Progress, type ProgressSink, progressText, rateLimited } from './progress.js';

const barIntervalMs = 100;
const lineIntervalMs = 2000;
const parentIntervalMs = 250;
const nowMs = (): number => performance.now();

export interface OutputOptions {
  /** One JSON document on stdout and nothing else there. */
  readonly json: boolean;
  /** No progress and no notes; results and errors only. */
  readonly quiet: boolean;
}

/**
 * What a command prints. Results go to stdout; progress, notes and human error texts go to stderr. A parent that
 * forked this process gets the progress too, as `{type: 'progress', step, done, total, odol?, etaS?}`.
 */
export class Output {
  readonly json: boolean;
  readonly #quiet: boolean;
  readonly #sinks: readonly ProgressSink[];
  #barShown = false;

  constructor(options: OutputOptions) {
    this.json = options.json;
    this.#quiet = options.quiet;
    const sinks: ProgressSink[] = [];
    if (!options.quiet) {
      sinks.push(
        process.stderr.isTTY
          ? rateLimited((progress) => this.#drawBar(progress), barIntervalMs, nowMs)
          : rateLimited((p) => process.stderr.write(`${progressText(p)}\n`), lineIntervalMs, nowMs),
      );
    }
    if (process.send) sinks.push(rateLimited(sendToParent, parentIntervalMs, nowMs));
    this.#sinks = sinks;
  }

  /** Shows how far the command has come, as often as each reader can use; adds the time left where it is not given. */
  readonly progress: ProgressSink = withEta((progress) => {
    for (const sink of this.#sinks) sink(progress);
  }, nowMs);

  /** Prints a line about what happens, for people only. A function of its own, to be handed on. */
  readonly note = (text: string): void => {
    if (this.#quiet) return;
    this.#clearBar();
    process.stderr.write(`${text}\n`);
  };

  /** Prints a command's result: `value` with `--json`, else what `human` returns. Called once per command. */
  result(value: unknown, human: () => string): void {
    this.#clearBar();
    const text = this.json ? JSON.stringify(value, null, 2) : human();
    if (text !== '') process.stdout.write(`${text}\n`);
  }

  /** Prints an error: on stdout with `--json`, else on stderr. */
  fail(error: AgentError): void {
    this.#clearBar();
    if (this.json) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
    else process.stderr.write(`${errorText(error)}\n`);
  }

  #drawBar(progress: Progress): void {
    const columns = process.stderr.columns ?? 80;
    const line = barText(progress, Math.min(30, Math.max(8, columns - 60))).slice(0, columns - 1);
    process.stderr.write(`\r\x1b[K${line}`);
    this.#barShown = true;
  }

  #clearBar(): void {
    if (!this.#barShown) return;
    process.stderr.write('\r\x1b[K');
    this.#barShown = false;
  }
}

function sendToParent(progress: Progress): void {
  // The parent may be gone: losing progress is harmless, and `disconnect` ends the command.
  if (process.connected) process.send?.({ type: 'progress', ...progress }, () => undefined);
}

/** Returns `text` in bold where notes go to a terminal that shows it. */
export function boldNote(text: string): string {
  return styleText('bold', text, { stream: process.stderr });
}

/** Returns `text` in bold where stdout is a terminal that shows it. */
export function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout });
}
