import { AgentError, type ErrorCode, toAgentError } from '../../runtime/errors.js';
import { isOpen, type JobRecord } from '../jobs/jobRecord.js';
import type { JobRunner } from '../jobs/jobRunner.js';
import { type JobCommand, parseJobCommand } from './jobCommand.js';
import type { IncomingMessage } from './mqttLink.js';
import type { Topics } from './topics.js';

export interface CommandDeskOptions {
  readonly topics: Topics;
  readonly jobs: JobRunner;
  /** Whether unsigned commands may be taken: only from the embedded broker on loopback. */
  readonly trusted: boolean;
  /** Publishes the status of a job. */
  readonly answer: (record: JobRecord) => void;
  readonly onRefused: (jobId: string, error: AgentError) => void;
}

/** Takes job commands from MQTT: each is answered with a status, and each refusal is counted by its code. */
export class CommandDesk {
  readonly #options: CommandDeskOptions;
  readonly #refusals = new Map<ErrorCode, number>();

  constructor(options: CommandDeskOptions) {
    this.#options = options;
  }

  get refusals(): Readonly<Partial<Record<ErrorCode, number>>> {
    return Object.fromEntries(this.#refusals);
  }

  /** Handles one message. Returns when an accepted command is on disk. */
  async take({ topic, payload, retained }: IncomingMessage): Promise<void> {
    const { topics, trusted } = this.#options;
    const jobId = topics.jobIdOf(topic);
    // An empty payload is how a retained topic is cleared: nothing to answer.
    if (jobId === undefined || payload.byteLength === 0) return;
    let kind = '';
    try {
      if (retained) throw new AgentError('command_retained', 'a retained command is never executed');
      if (!trusted) {
        throw new AgentError(
          'command_untrusted',
          'expected an unsigned command to come over the embedded broker on loopback, got it over another',
        );
      }
      const command = parseJobCommand(payload);
      if (command.action === 'create') kind = command.kind;
      await this.#carryOut(jobId, command);
    } catch (error) {
      this.#refuse({ jobId, kind }, toAgentError(error));
    }
  }

  async #carryOut(jobId: string, command: JobCommand): Promise<void> {
    const { jobs, answer } = this.#options;
    const known = jobs.get(jobId);
    if (command.action === 'cancel') {
      const record = await jobs.cancel(jobId);
      if (known === undefined || !isOpen(known)) answer(record);
      return;
    }
    const record = await jobs.submit({ jobId, kind: command.kind, params: command.params });
    // The runner tells the status of a new job itself.
    if (known !== undefined) answer(record);
  }

  /** A job that exists is answered with its own status: a bad second command must not look like its end. */
  #refuse(job: { readonly jobId: string; readonly kind: string }, error: AgentError): void {
    const { jobs, answer, onRefused } = this.#options;
    this.#refusals.set(error.code, (this.#refusals.get(error.code) ?? 0) + 1);
    onRefused(job.jobId, error);
    answer(jobs.get(job.jobId) ?? jobs.rejection(job, error));
  }
}
