import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { Aedes } from 'aedes';
import { AgentError } from '../../runtime/errors.js';
import type { IncomingMessage } from './mqttLink.js';

export interface EmbeddedBrokerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /**
   * Told of every message before its publisher gets an acknowledgement and before anyone else gets the message; neither
   * happens when it rejects.
   */
  readonly onPublish?: (message: IncomingMessage) => Promise<void>;
  /** Default 60,000. */
  readonly heartbeatMs?: number;
}

/** A MQTT 3.1.1 broker in this process. What it retains lives as long as it does; the agent publishes it again. */
export class EmbeddedBroker {
  readonly #options: EmbeddedBrokerOptions;
  readonly #sockets = new Set<Socket>();
  #aedes: Aedes | undefined;
  #server: Server | undefined;

  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options;
  }

  /**
   * Listens and returns the URL to connect to.
   *
   * @throws AgentError `port_in_use`
   */
  async start(): Promise<string> {
    const { host, port, onPublish, heartbeatMs = 60_000 } = this.#options;
    const aedes = await Aedes.createBroker({ heartbeatInterval: heartbeatMs });
    keepOwnWills(aedes);
    if (onPublish !== undefined) handOver(aedes, onPublish);
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
    try {
      server.listen({ host, port });
      await once(server, 'listening');
    } catch (cause) {
      aedes.close();
      throw listenError(cause as NodeJS.ErrnoException, this.#options);
    }
    this.#aedes = aedes;
    this.#server = server;
    const { port: actualPort } = server.address() as AddressInfo;
    return `mqtt://${host.includes(':') ? `[${host}]` : host}:${actualPort}`;
  }

  /** Disconnects every client and closes. Idempotent. */
  async stop(): Promise<void> {
    const [aedes, server] = [this.#aedes, this.#server];
    this.#aedes = undefined;
    this.#server = undefined;
    if (aedes === undefined || server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    await new Promise<void>((resolve) => aedes.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Aedes acknowledges a message once it is authorized, and has handed it to nobody then. */
function handOver(aedes: Aedes, onPublish: (message: IncomingMessage) => Promise<void>): void {
  const authorize = aedes.authorizePublish;
  aedes.authorizePublish = (client, packet, done) =>
    authorize(client, packet, (error) => {
      if (error) return done(error);
      const { topic, payload, retain } = packet;
      onPublish({ topic, payload: Buffer.from(payload), retained: retain }).then(() => done(), done);
    });
}

/**
 * Every fourth heartbeat aedes publishes the wills of brokers that shared its store and gave no sign of life for three. There is no
 * other broker here, and when the clock leaps forward it takes itself for dead, and its clients with it.
 */
function keepOwnWills(aedes: Aedes): void {
  const { persistence } = aedes as Aedes & { persistence: { streamWill: () => Readable } };
  persistence.streamWill = () => Readable.from([]);
}

function listenError(cause: NodeJS.ErrnoException, { host, port }: EmbeddedBrokerOptions): AgentError {
  const where = `${host}:${port}`;
  const message =
    cause.code === 'EADDRINUSE'
      ? `the embedded broker expected ${where} to be free, but another process listens there`
      : `the embedded broker cannot listen on ${where}: ${cause.message}`;
  return new AgentError(cause.code === 'EADDRINUSE' ? 'port_in_use' : 'config_invalid', message, {
    cause,
    detail: { where, mend: 'set mqtt.embeddedPort, or mqtt.broker to the URL of that broker' },
  });
}
