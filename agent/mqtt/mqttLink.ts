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

export interface MqttLinkOptions {
  /** Stable over restarts: the broker keeps subscriptions and undelivered commands under it. */
  readonly clientId: string;
  readonly keepAliveS: number;
  readonly session: SessionCounter;
  /** The Last Will of the connection with that session number. */
  readonly will: (session: number) => OutgoingMessage;
  /** Topic filter of what is received, at QoS 1. */
  readonly subscription: string;
  /** The broker gets its acknowledgement when this has settled; it must not wait for a publish of its own. */
  readonly onMessage: (message: IncomingMessage) => Promise<void>;
  /** What is said first on each new connection, in order. */
  readonly greeting: (session: number) => readonly OutgoingMessage[];
  /** Pause before an attempt to connect, from 0. Default: exponential with full jitter. */
  readonly pauseMs?: (attempt: number) => number;
  readonly log: Logger;
}

const outboxLimit = 256;

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
  #greeted = false;
  #noteSubscribed: () => void = () => undefined;
  readonly #subscribed = new Promise<void>((resolve) => {
    this.#noteSubscribed = resolve;
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
    const { clientId, keepAliveS, session, pauseMs = jitteredPauseMs, log } = this.#options;
    this.#shownUrl = withoutSecrets(url);
    const client = mqtt.connect(url, {
      ...credentials,
      clientId,
      clean: false,
      protocolVersion: 4,
      keepalive: keepAliveS,
      reconnectPeriod: 1,
      queueQoSZero: false,
      resubscribe: false,
      will: this.#willPacket(session.next),
    });
    this.#client = client;
    client.handleMessage = (packet, done) =>
      void this.#receive(packet as IPublishPacket).finally(() => done());
    client.on('connect', () => void this.#greet(client));
    client.on('error', (error) => this.#noteOutage(error));
    // Ahead of the client's own listener, which starts its timer with the period that it finds.
    client.prependListener('close', () => {
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

  /** Returns whether commands have begun to arrive within the time. */
  whenSubscribed(timeoutMs: number): Promise<boolean> {
    return settlesWithin(this.#subscribed, timeoutMs);
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
    this.#attempt = 0;
    this.#outageLogged = false;
    const number = session.next;
    await session
      .advance()
      .catch((error) => log.warn({ err: error }, 'mqtt: the session number was not kept'));
    if (this.#client !== client || !client.connected) return;
    this.#greeted = true;
    client.subscribe(subscription, { qos: 1 }, (error) => {
      if (error) log.warn({ err: error, subscription }, 'mqtt: not subscribed, no command will arrive');
      else this.#noteSubscribed();
    });
    for (const message of [...greeting(number), ...this.#outbox.take()]) this.#send(message);
    log.info({ url: this.#shownUrl, session: number }, 'mqtt: connected');
  }

  #send({ topic, payload, qos, retain }: OutgoingMessage): void {
    // The client itself repeats an unacknowledged QoS 1 message on its next connection.
    this.#client?.publish(topic, payload, { qos, retain }, (error) => {
      if (error) this.#options.log.debug({ err: error, topic }, 'mqtt: not published');
    });
  }

  async #receive({ topic, payload, retain }: IPublishPacket): Promise<void> {
    try {
      await this.#options.onMessage({ topic, payload: Buffer.from(payload), retained: retain });
    } catch (error) {
      this.#options.log.error({ err: error, topic }, 'mqtt: a message could not be handled');
    }
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

function jitteredPauseMs(attempt: number): number {
  return backoffMs(attempt, Math.random());
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
