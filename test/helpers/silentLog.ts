import { pino } from 'pino';

/** A logger that prints nothing. */
export const silentLog = pino({ level: 'silent' });
