import mqtt, { type IPublishPacket, type MqttClient } from 'mqtt';
import type { Logger } from 'pino';
import { AgentError } from '../../runtime/errors.js';
import { settlesWithin } from '../../runtime/serving/settlesWithin.js';
import { backoffMs } from './backoff.js';
import { Outbox, type OutgoingMessage } from './outbox.js';
import type { SessionCounter } from './sessionCounter.js';

export interface IncomingMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
}

export interface BrokerAddress {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

export interface Subscription {
  /** Topics, at QoS 1. */
  readonly filter: string;
  /**
   * The broker gets its acknowledgement when this has settled. It must not wait for a publish of its own, and never
   * rejects.
   */
  readonly onMessage: (message: IncomingMessage) => Promise<void>;
}

export interface MqttLinkOptions {
  /** Stable over restarts: the broker keeps subscriptions and undelivered commands under it. */
  readonly clientId: string;
  readonly keepAliveS: number;
  readonly session: SessionCounter;
  /** The Last Will of the connection with that session number. */
  readonly will: (session: number) => OutgoingMessage;
  /** What is received. Default: nothing. */
  readonly subscription?: Subscription;
  /** What is said first on each new connection, in order. */
  readonly greeting: (session: number) => readonly OutgoingMessage[];
  /** Pause before an attempt to connect, from 0. Default: exponential with full jitter. */
  readonly pauseMs?: (attempt: number) => number;
  readonly log: Logger;
}

const outboxLimit = 256;
/** A connection that lasted this long ends an outage; one that a broker accepts and soon drops is part of it. */
const steadyMs = 60_000;

/**
 * One persistent MQTT 3.1.1 session that heals itself: exponential back-off with full jitter, the greeting again
 * after each connect, and then what had to wait. An outage is logged once, not at every attempt.
 */
export class MqttLink {
  readonly #options: MqttLinkOptions;
  readonly #outbox = new Outbox(outboxLimit);
  #client: MqttClient | undefined;
  #shownUrl = '';
  #attempt = 0;
  #outageLogged = false;
  #steadyTimer: NodeJS.Timeout | undefined;
  #greeted = false;
  #noteGreeted: () => void = () => undefined;
  readonly #firstGreeted = new Promise<void>((resolve) => {
    this.#noteGreeted = resolve;
  });

  constructor(options: MqttLinkOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#greeted && this.#client?.connected === true;
  }

  /** Messages that wait for a connection. */
  get waiting(): number {
    return this.#outbox.length;
  }

  /** Begins to connect; the broker need not be there yet. */
  start({ url, ...credentials }: BrokerAddress): void {
    const { clientId, keepAliveS, session, subscription, pauseMs = jitteredPauseMs, log } = this.#options;
    this.#shownUrl = withoutSecrets(url);
    const client = mqtt.connect(url, {
      ...credentials,
      clientId,
      clean: false,
      protocolVersion: 4,
      keepalive: keepAliveS,
      reconnectPeriod: 1,
      // A refusal may be of the moment: a broker that starts, or whose credentials are being changed.
      reconnectOnConnackError: true,
      queueQoSZero: false,
      resubscribe: false,
      will: this.#willPacket(session.next),
    });
    this.#client = client;
    if (subscription !== undefined) receive(client, subscription);
    client.on('connect', () => void this.#greet(client));
    client.on('error', (error) => this.#noteOutage(error));
    // Ahead of the client's own listener, which starts its timer with the period that it finds.
    client.prependListener('close', () => {
      clearTimeout(this.#steadyTimer);
      this.#greeted = false;
      this.#noteOutage(new Error('the connection was closed'));
      client.options.reconnectPeriod = Math.max(1, pauseMs(this.#attempt));
      this.#attempt += 1;
    });
    client.on('reconnect', () => {
      client.options.will = this.#willPacket(session.next);
    });
    log.debug({ url: this.#shownUrl, clientId }, 'mqtt: connecting');
  }

  /** Returns whether a connection has begun within the time. */
  whenConnected(timeoutMs: number): Promise<boolean> {
    return settlesWithin(this.#firstGreeted, timeoutMs);
  }

  /** Sends a message, or keeps it for the next connection as its `keeping` says. */
  publish(message: OutgoingMessage): void {
    if (this.connected) this.#send(message);
    else this.#outbox.add(message);
  }

  /** Says `farewell` where there is a connection, and leaves without a Last Will. Idempotent. */
  async stop(farewell: OutgoingMessage, timeoutMs = 2000): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    const gone = new Promise<void>((resolve) => client.once('close', resolve));
    if (client.connected) {
      const { topic, payload, qos, retain } = farewell;
      const said = client.publishAsync(topic, payload, { qos, retain }).catch(() => undefined);
      await settlesWithin(Promise.race([said, gone]), timeoutMs);
    }
    if (client.connected) {
      await settlesWithin(Promise.race([client.endAsync(false), gone]), timeoutMs);
      client.stream.destroy();
    } else {
      await client.endAsync(true);
    }
  }

  async #greet(client: MqttClient): Promise<void> {
    const { session, subscription, greeting, log } = this.#options;
    this.#steadyTimer = setTimeout(() => {
      this.#attempt = 0;
      this.#outageLogged = false;
    }, steadyMs);
    const number = session.next;
    await session
      .advance()
      .catch((error) => log.warn({ err: error }, 'mqtt: the session number was not kept'));
    if (this.#client !== client || !client.connected) return;
    this.#greeted = true;
    if (subscription !== undefined) {
      const { filter } = subscription;
      client.subscribe(filter, { qos: 1 }, (error) => {
        if (error) log.warn({ err: error, filter }, 'mqtt: not subscribed, no command will arrive');
      });
    }
    for (const message of [...greeting(number), ...this.#outbox.take()]) this.#send(message);
    log.info({ url: this.#shownUrl, session: number }, 'mqtt: connected');
    this.#noteGreeted();
  }

  #send({ topic, payload, qos, retain }: OutgoingMessage): void {
    // The client itself repeats an unacknowledged QoS 1 message on its next connection.
    this.#client?.publish(topic, payload, { qos, retain }, (error) => {
      if (error) this.#options.log.debug({ err: error, topic }, 'mqtt: not published');
    });
  }

  #noteOutage(cause: Error): void {
    if (this.#outageLogged || this.#client === undefined) return;
    this.#outageLogged = true;
    const url = this.#shownUrl;
    const message = `${url} does not answer; trying again`;
    const error = new AgentError('broker_unreachable', message, { cause, detail: { where: url } });
    this.#options.log.warn({ err: error }, `mqtt: ${message}`);
  }

  #willPacket(session: number) {
    const { topic, payload, qos, retain } = this.#options.will(session);
    return { topic, payload: Buffer.from(payload), qos, retain };
  }
}

function receive(client: MqttClient, { onMessage }: Subscription): void {
  client.handleMessage = (packet, done) => {
    const { topic, payload, retain } = packet as IPublishPacket;
    void onMessage({ topic, payload: Buffer.from(payload), retained: retain }).finally(() => done());
  };
}

function jitteredPauseMs(attempt: number): number {
  return backoffMs(attempt, Math.random());
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
