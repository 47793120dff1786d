import { AgentError, toAgentError } from '../../runtime/errors.js';
import type { CommandContext } from './context.js';
import { exitStatus, exitStatusOf } from './exitStatus.js';
import { Interruption } from './interruption.js';
import { Output, type OutputOptions } from './output.js';

/** Runs one command: prints its error, if any, and sets the exit status of the process. */
export async function runCommand(
  options: Partial<OutputOptions>,
  run: (context: CommandContext) => Promise<void>,
): Promise<void> {
  const output = new Output({ json: options.json ?? false, quiet: options.quiet ?? false });
  const interruption = new Interruption();
  let kept = 'nothing was written';
  const context: CommandContext = {
    output,
    signal: interruption.signal,
    keep: (text) => {
      kept = text;
    },
  };
  interruption.start();
  try {
    await run(context);
    process.exitCode = exitStatus.done;
  } catch (thrown) {
    const interrupted = interruption.signal.aborted;
    const error = toAgentError(thrown);
    output.fail(interrupted && error.code === 'aborted' ? withKept(interruption.signal, kept) : error);
    process.exitCode = exitStatusOf(error, interrupted);
  } finally {
    interruption.stop();
  }
}

function withKept(signal: AbortSignal, kept: string): AgentError {
  const reason = toAgentError(signal.reason);
  return new AgentError('aborted', `${reason.message}; ${kept}`, { detail: { ...reason.detail, kept } });
}
