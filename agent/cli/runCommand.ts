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
  let kept: string | undefined;
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
    output.fail(
      leavesWork.has(stopped.code) ? withKept(stopped, kept ?? nothingKept[stopped.code]) : stopped,
    );
    process.exitCode = exitStatusOf(error, interrupted);
  } finally {
    interruption.stop();
  }
}

/** Ends of work that could have gone on. */
const leavesWork: ReadonlySet<ErrorCode> = new Set(['aborted', 'out_of_memory', 'disk_full']);
/** What is said where nothing was said to be kept. */
const nothingKept: Partial<Record<ErrorCode, string>> = {
  aborted: 'nothing was written',
  out_of_memory: 'nothing was written',
};

function withKept(error: AgentError, kept: string | undefined): AgentError {
  if (kept === undefined) return error;
  const { code, message, detail } = error;
  return new AgentError(code, `${message}; ${kept}`, { detail: { ...detail, kept } });
}
