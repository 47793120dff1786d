import { Command, CommanderError } from 'commander';
import { setLibraryPath } from '../../runtime/engines/litert/library/libraryPath.js';
import { AgentError } from '../../runtime/errors.js';
import { packageVersion } from '../version.js';
import { registerAgreement } from './commands/agreement.js';
import { registerBench } from './commands/bench.js';
import { registerConfig } from './commands/config.js';
import { registerDemo } from './commands/demo.js';
import { registerDetect } from './commands/detect.js';
import { registerDoctor } from './commands/doctor.js';
import { registerEngines } from './commands/engines.js';
import { registerEvaluate } from './commands/evaluate.js';
import { registerModels } from './commands/models.js';
import { registerQuantize } from './commands/quantize.js';
import { registerRun } from './commands/run.js';
import { exitStatus } from './exitStatus.js';
import { localStatePaths } from './localState.js';
import { Output } from './output.js';

const registrations = [
  registerRun,
  registerDemo,
  registerDoctor,
  registerModels,
  registerDetect,
  registerQuantize,
  registerEvaluate,
  registerAgreement,
  registerBench,
  registerEngines,
  registerConfig,
];

/** Runs the command line `args` (without node and script) and sets the exit status of the process. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const program = buildProgram();
  setLibraryPath(localStatePaths().litertLibrary);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // `--help` and `--version` end commander in the same way as a wrong command line does.
    if (error.exitCode === 0) return;
    new Output({ json: args.includes('--json'), quiet: true }).fail(usageError(error, program, args));
    process.exitCode = exitStatus.usage;
  }
}

function buildProgram(): Command {
  const program = new Command('detptq')
    .description('Re-quantizes object detectors on the device they run on, with DetPTQ, and serves them.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({ outputError: () => undefined })
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      '\nExamples:\n  $ detptq demo\n  $ detptq doctor\n  $ detptq detect model.json photo.jpg --annotate out' +
        '\n\nExit status: 0 done, 1 failed, 2 wrong usage, 3 refused by a gate, 130 interrupted.',
    );
  for (const register of registrations) register(program);
  return program;
}

function usageError(error: CommanderError, program: Command, args: readonly string[]): AgentError {
  const named = namedCommand(program, args);
  const names = named.commands.map((command) => command.name());
  const message =
    error.code === 'commander.help'
      ? `expected a command: ${names.join(', ')}`
      : error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return new AgentError('usage', message, { cause: error, detail: { mend: `${fullName(named)} --help` } });
}

/** Returns the command that the leading words of `args` name. */
function namedCommand(command: Command, [word, ...rest]: readonly string[]): Command {
  const next = command.commands.find((candidate) => candidate.name() === word);
  return next ? namedCommand(next, rest) : command;
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}
