import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AgentError } from '../../runtime/errors.js';
import { settlesWithin } from '../../runtime/serving/settlesWithin.js';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  /**
   * Takes no new connection, lets requests under way finish, and closes each connection after its answer.
   *
   * @returns false when requests were still under way after `drainMs`; their connections are cut
   */
  close(drainMs: number): Promise<boolean>;
}

/** A slow uploader holds a connection and a body's memory for this long at most. */
const requestTimeoutMs = 60_000;

/**
 * Longer than clients and proxies leave a connection idle, 60 s at most by default: who ends it first must not be the server,
 * for a request sent at that moment would be lost.
 */
const keepAliveTimeoutMs = 65_000;

/**
 * Starts to serve `listener`.
 *
 * @throws AgentError `port_in_use`, `config_invalid` when the address cannot be listened on for another reason
 */
export async function startHttpServer(
  listener: RequestListener,
  { host, port }: HttpServerOptions,
): Promise<HttpServer> {
  const timeouts = { requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveTimeoutMs };
  const open = new Set<ServerResponse>();
  let closing = false;
  const server = createServer(timeouts, (request, response) => {
    open.add(response);
    if (closing) response.setHeader('Connection', 'close');
    response.once('close', () => {
      open.delete(response);
      // An answer begun before the shutdown has left its connection open; it is idle from the next turn on.
      if (closing) setImmediate(() => server.closeIdleConnections());
    });
    listener(request, response);
  });
  await listen(server, { host, port });
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${shownHost}:${address.port}`,
    port: address.port,
    async close(drainMs) {
      closing = true;
      for (const response of open) if (!response.headersSent) response.setHeader('Connection', 'close');
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const drained = await settlesWithin(closed, drainMs);
      server.closeAllConnections();
      await closed;
      return drained;
    },
  };
}

function listen(server: Server, { host, port }: HttpServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const address = `${host}:${port}`;
      if (cause.code === 'EADDRINUSE') {
        const message = `cannot listen on ${address}: another process does`;
        reject(new AgentError('port_in_use', message, { cause, detail: { where: address } }));
      } else {
        const message = `cannot listen on ${address}: ${cause.message}`;
        reject(new AgentError('config_invalid', message, { cause, detail: { where: address } }));
      }
    });
    server.listen(port, host, resolve);
  });
}
