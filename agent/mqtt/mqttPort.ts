import { readFile } from 'node:fs/promises';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { Logger } from 'pino';
import type { AgentConfig } from '../config.js';
import { fileError } from '../state/atomicFile.js';
import { EmbeddedBroker } from './embeddedBroker.js';
import type { DeviceMessages } from './messages.js';
import { type IncomingMessage, MqttLink } from './mqttLink.js';
import type { OutgoingMessage } from './outbox.js';
import { SessionCounter } from './sessionCounter.js';
import type { Topics } from './topics.js';

export interface MqttPortOptions {
  readonly config: AgentConfig['mqtt'];
  readonly topics: Topics;
  readonly messages: DeviceMessages;
  readonly sessionPath: string;
  /** What follows `online` on each connect, in order. */
  readonly greeting: () => readonly OutgoingMessage[];
  readonly onMessage: (message: IncomingMessage) => Promise<void>;
  readonly log: Logger;
}

/** The embedded broker is in this process: its session takes some milliseconds. */
const embeddedWaitMs = 5000;

/** This device's end of MQTT: the embedded broker, where configured, and the session with the broker. */
export class MqttPort {
  readonly #options: MqttPortOptions;
  readonly #session: SessionCounter;
  readonly #link: MqttLink;
  #broker: EmbeddedBroker | undefined;

  constructor(options: MqttPortOptions) {
    const { config, topics, messages, sessionPath, greeting, log } = options;
    this.#options = options;
    this.#session = new SessionCounter(sessionPath);
    this.#link = new MqttLink({
      ...{ session: this.#session, log },
      clientId: `${config.base}-${config.group}-${config.device}`,
      keepAliveS: config.keepAliveS,
      will: (session) => messages.status('offline', session),
      // The embedded broker hands commands over itself.
      ...(config.broker !== 'embedded' && {
        subscription: { filter: topics.jobCommands, onMessage: (message) => this.#receive(message) },
      }),
      greeting: (session) => [messages.status('online', session), ...greeting()],
    });
  }

  get connected(): boolean {
    return this.#link.connected;
  }

  /** Messages that wait for a connection. */
  get waiting(): number {
    return this.#link.waiting;
  }

  /**
   * Starts the embedded broker and waits for the session with it; an external broker need not be there yet.
   *
   * @returns the broker's URL
   * @throws AgentError `port_in_use`; `file_not_found`, `file_unreadable` for a credentials file
   */
  async start(): Promise<string> {
    const { broker, usernameFile, passwordFile } = this.#options.config;
    await this.#session.load();
    const username = await readSecret(usernameFile);
    const password = await readSecret(passwordFile);
    const url = broker === 'embedded' ? await this.#startBroker() : broker;
    this.#link.start({
      url,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    });
    if (broker === 'embedded') await this.#link.whenConnected(embeddedWaitMs);
    return url;
  }

  /** Sends messages in order; without a connection, yet or again, each as its `keeping` says. */
  publish(...messages: readonly OutgoingMessage[]): void {
    for (const message of messages) this.#link.publish(message);
  }

  /** Says `stopped`, disconnects and stops the embedded broker. Idempotent. */
  async stop(): Promise<void> {
    await this.#link.stop(this.#options.messages.status('stopped', this.#session.current));
    await this.#broker?.stop();
  }

  async #startBroker(): Promise<string> {
    const { embeddedHost: host, embeddedPort: port } = this.#options.config;
    this.#broker = new EmbeddedBroker({ host, port, onPublish: (message) => this.#receive(message) });
    return this.#broker.start();
  }

  async #receive(message: IncomingMessage): Promise<void> {
    const { onMessage, log } = this.#options;
    try {
      await onMessage(message);
    } catch (error) {
      log.error({ err: error, topic: message.topic }, 'mqtt: a message could not be handled');
    }
  }
}

/** Whether unsigned commands may be taken: only what runs on this machine reaches the embedded broker on loopback. */
export function takesUnsignedCommands({ broker, embeddedHost }: AgentConfig['mqtt']): boolean {
  return broker === 'embedded' && isLoopback(embeddedHost);
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  return (isIPv4(host) && loopback.check(host, 'ipv4')) || (isIPv6(host) && loopback.check(host, 'ipv6'));
}

async function readSecret(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}
