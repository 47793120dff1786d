import type { Request, Response } from 'express';

/** One route of the API. What `handle` throws or rejects with is answered by the one table of errors. */
export interface Route {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly handle: (request: Request, response: Response) => Promise<void> | void;
}
