import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** Built by `npm run build`: `index.html`, the page's scripts and the WebAssembly of onnxruntime. */
const pageFolder = new URL('./page/', import.meta.url);

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  wasm: 'application/wasm',
};

/** The page may load from here and nowhere else. */
const headers = {
  'content-security-policy': "default-src 'self' 'unsafe-eval' blob:; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** The largest message either way: a model's bytes. */
const longestMessageBytes = 2 ** 30;

/**
 * Serves the page's files, and its socket, on a loopback port of its own. Everything is below a path that holds a random
 * token; a request without it learns nothing.
 */
export class PageServer {
  readonly #token = randomBytes(24).toString('hex');
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: longestMessageBytes,
    perMessageDeflate: false,
  });
  readonly #files: ReadonlySet<string>;
  readonly #onPage: (socket: WebSocket) => void;

  private constructor(files: ReadonlySet<string>, onPage: (socket: WebSocket) => void) {
    this.#files = files;
    this.#onPage = onPage;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('connection', (socket) => socket.unref());
    this.#server.unref();
  }

  /** Listens; `onPage` gets the socket of a page that knows the token. */
  static async start(onPage: (socket: WebSocket) => void): Promise<PageServer> {
    const server = new PageServer(new Set(await readdir(pageFolder)), onPage);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** Where the page is. A secret: it holds the token. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/${this.#token}/`;
  }

  /** Closes the port and every connection. */
  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const resource = this.#resourceOf(request);
    const file = resource === '' ? 'index.html' : (resource ?? '');
    const type = contentTypes[file.slice(file.lastIndexOf('.') + 1)];
    if (!this.#files.has(file) || type === undefined) {
      response.writeHead(404).end();
      return;
    }
    const body = await readFile(new URL(file, pageFolder));
    response.writeHead(200, { ...headers, 'content-type': type, 'content-length': body.length }).end(body);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#resourceOf(request) !== 'socket') {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, this.#onPage);
  }

  /** Returns what is asked for below the token, or undefined where the token is wrong. */
  #resourceOf({ url = '' }: IncomingMessage): string | undefined {
    const [, token = '', resource = ''] = url.split('/', 3);
    const [given, expected] = [Buffer.from(token), Buffer.from(this.#token)];
    return given.length === expected.length && timingSafeEqual(given, expected) ? resource : undefined;
  }
}
