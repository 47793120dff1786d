import { EventEmitter, once } from 'node:events';
import type { WebSocket } from 'ws';
import { AgentError } from '../../errors.js';
import { ChromiumProcess } from './chromium/chromiumProcess.js';
import { findChromium } from './chromium/findChromium.js';
import { PageLink } from './pageLink.js';
import { PageServer } from './pageServer.js';

/** The first Chromium with JavaScript Promise Integration, which the page's onnxruntime waits for the GPU by. */
const oldestChromium = 137;

export interface PageOptions {
  /** Path of the Chromium; by default the system's or Playwright's. */
  readonly executable?: string;
  /** Whether the page draws, with WebGL; by default it does. */
  readonly draws?: boolean;
  /** How long Chromium may take until its page answers; 60 s by default. */
  readonly startMs?: number;
}

/** A Chromium and its one page. */
export interface RunningPage {
  readonly link: PageLink;
  /** Version of the Chromium, e.g. `156`. */
  readonly chromiumVersion: string;
  /** Of the Chromium. */
  readonly pid: number;
  /** Ends Chromium and frees the port. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a Chromium and its page.
 *
 * @throws AgentError `engine_unavailable` when there is no Chromium, it is too old, or its page does not come up
 */
export async function startPage({
  executable,
  draws = true,
  startMs = 60_000,
}: PageOptions = {}): Promise<RunningPage> {
  const path = await findChromium(executable);
  const sockets = new EventEmitter<{ page: [WebSocket] }>();
  const connected = once(sockets, 'page') as Promise<[WebSocket]>;
  const server = await PageServer.start((socket) => sockets.emit('page', socket));
  const chromium = await ChromiumProcess.start(path, { draws }).catch((error: unknown) => {
    server.stop();
    throw error;
  });
  const stop = async (): Promise<void> => {
    server.stop();
    await chromium.stop();
  };
  try {
    chromium.openPage(server.url);
    const [socket] = await settlesInTime(connected, { chromium, startMs });
    const link = new PageLink(socket);
    const { userAgent } = await settlesInTime(link.hello(), { chromium, startMs });
    void chromium.gone.then(() => link.die('Chromium ended'));
    const chromiumVersion = assertModern(userAgent);
    return { link, chromiumVersion, pid: chromium.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function settlesInTime<T>(
  wanted: Promise<T>,
  { chromium, startMs }: { chromium: ChromiumProcess; startMs: number },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      clearTimeout(timer);
      reject(new AgentError('engine_unavailable', `Chromium ${what} (${chromium.lastWords})`));
    };
    const timer = setTimeout(() => fail(`did not open its page within ${startMs} ms`), startMs);
    void chromium.gone.then(() => fail('ended before it opened its page'));
    void wanted.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

function assertModern(userAgent: string): string {
  const version = /Chrome\/(\d+)/.exec(userAgent)?.[1] ?? '0';
  if (Number(version) >= oldestChromium) return version;
  const message = `expected Chromium ${oldestChromium} or newer, got "${userAgent}"; mend: apt-get install chromium`;
  throw new AgentError('engine_unavailable', message, {
    detail: { expected: oldestChromium, got: version, mend: 'apt-get install chromium' },
  });
}
