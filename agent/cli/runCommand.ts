import { AgentError, type ErrorCode, toAgentError } from '../../runtime/errors.js';
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
    const stopped =
      interrupted && error.code === 'aborted' ? toAgentError(interruption.signal.reason) : error;
    output.fail(leavesWork.has(stopped.code) ? withKept(stopped, kept) : stopped);
    process.exitCode = exitStatusOf(error, interrupted);
  } finally {
    interruption.stop();
  }
}

/** Ends of work that could have gone on. */
const leavesWork: ReadonlySet<ErrorCode> = new Set(['aborted', 'out_of_memory']);

function withKept({ code, message, detail }: AgentError, kept: string): AgentError {
  return new AgentError(code, `${message}; ${kept}`, { detail: { ...detail, kept } });
}
