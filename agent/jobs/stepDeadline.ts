import { AgentError } from '../../runtime/errors.js';

/** Aborts a job when its step takes longer than it may. */
export class StepDeadline {
  readonly #controller: AbortController;
  #timer: NodeJS.Timeout | undefined;

  constructor(controller: AbortController) {
    this.#controller = controller;
  }

  set(step: string, deadlineS: number): void {
    const error = new AgentError('step_timeout', `the step ${step} took longer than ${deadlineS} s`, {
      detail: { step, expected: deadlineS },
    });
    this.#timer = setTimeout(() => this.#controller.abort(error), deadlineS * 1000);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
