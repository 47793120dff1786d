import { type DestinationStream, destination, type Logger, pino } from 'pino';

/** Returns the agent's log, on stderr: JSON lines, or short lines for people on a terminal. */
export function createLogger(level: string): Logger {
  const stream = process.stderr.isTTY ? terminalStream : destination({ fd: 2, sync: true });
  return pino({ level, base: null }, stream);
}

const terminalStream: DestinationStream = {
  write(line) {
    const { level, time, msg } = JSON.parse(line) as { level: number; time: number; msg?: string };
    const clock = new Date(time).toTimeString().slice(0, 8);
    process.stderr.write(`${clock} ${(pino.levels.labels[level] ?? '').padEnd(5)} ${msg ?? ''}\n`);
  },
};
