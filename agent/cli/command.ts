import type { Command, Option } from 'commander';
import type { CommandContext } from './context.js';
import { runCommand } from './runCommand.js';

/** One command of `detptq`, as data. `Args` are its positional arguments as commander gives them. */
export interface CommandDefinition<Options, Args extends readonly unknown[]> {
  /** Name and positional arguments, e.g. `detect <model> <images...>`. */
  readonly usage: string;
  readonly summary: string;
  /** What each positional argument is, by its name in `usage`. */
  readonly arguments?: Readonly<Record<string, string>>;
  readonly options?: readonly Option[];
  /** Whole command lines that work. */
  readonly examples: readonly string[];
  /** Heavy modules are imported inside, so that `--help` stays quick. */
  run(context: CommandContext, options: Options, ...args: Args): Promise<void>;
}

/** Adds a command to `parent`, with the options that every command has. */
export function addCommand<Options, Args extends readonly unknown[]>(
  parent: Command,
  definition: CommandDefinition<Options, Args>,
): void {
  const command = parent.command(definition.usage).description(definition.summary);
  for (const argument of command.registeredArguments) {
    argument.description = definition.arguments?.[argument.name()] ?? '';
  }
  for (const option of definition.options ?? []) command.addOption(option);
  command
    .option('--json', 'print one JSON document on stdout and nothing else there')
    .option('--quiet', 'print no progress')
    .addHelpText('after', `\nExamples:\n${definition.examples.map((line) => `  $ ${line}`).join('\n')}`)
    .action(() =>
      runCommand(command.opts(), (context) =>
        // commander checked number and form of both against `usage` and `options`.
        definition.run(context, command.opts() as Options, ...(command.processedArgs as unknown as Args)),
      ),
    );
}
