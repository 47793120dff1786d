import { styleText } from 'node:util';
import type { AgentError } from '../../runtime/errors.js';

/**
 * Returns an error for people: what went wrong, then what was expected, what was got, where, the code and, where
 * there is one, the command that mends it. Ends without a line break. No stack trace: `--json` has the same facts.
 */
export function errorText(error: AgentError): string {
  const lines = [`${styleText('red', 'error:', { stream: process.stderr })} ${error.message}`];
  const fact = (name: string, value: unknown): void => {
    if (value !== undefined) lines.push(`  ${`${name}:`.padEnd(10)}${oneLine(value)}`);
  };
  fact('expected', error.detail.expected);
  fact('got', error.detail.got);
  fact('where', error.detail.where);
  const { cause } = error;
  // The cause of a usage error is the option parser's own wording of it.
  if (cause instanceof Error && error.code !== 'usage' && !error.message.includes(cause.message)) {
    fact('cause', cause.message);
  }
  fact('code', error.code);
  fact('mend', error.detail.mend);
  return lines.join('\n');
}

function oneLine(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/\s*\n\s*/g, ' ');
}
