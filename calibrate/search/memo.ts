import type { z } from 'zod';

/** Returns what was computed under that name before, as an interrupted search has left it, or else computes and keeps it. */
export type Memo = <T>(name: string, schema: z.ZodType<T>, compute: () => Promise<T>) => Promise<T>;

/** Keeps nothing. */
export const noMemo: Memo = (_name, _schema, compute) => compute();
