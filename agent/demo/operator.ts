import mqtt, { type MqttClient } from 'mqtt';
import type { z } from 'zod';
import type { Topics } from '../mqtt/topics.js';

interface Heard {
  readonly topic: string;
  readonly payload: unknown;
}

interface Wanted<T> {
  readonly schema: z.ZodType<T>;
  /** Default: any. */
  readonly fits?: (payload: T) => boolean;
  readonly signal: AbortSignal;
}

/** An operator at a device's broker: hears all that it says, and sends commands. */
export class Operator {
  readonly #client: MqttClient;
  readonly #topics: Topics;
  readonly #heard: Heard[] = [];
  readonly #listeners = new Set<(message: Heard) => void>();

  private constructor(client: MqttClient, topics: Topics) {
    this.#client = client;
    this.#topics = topics;
    client.on('message', (topic, bytes) => {
      // An empty payload takes a retained message back.
      if (bytes.length === 0) return;
      const message = { topic, payload: JSON.parse(bytes.toString()) as unknown };
      this.#heard.push(message);
      for (const listener of this.#listeners) listener(message);
    });
  }

  static async connect(url: string, topics: Topics): Promise<Operator> {
    const operator = new Operator(await mqtt.connectAsync(url), topics);
    const device = topics.status.replace(/[^/]+$/, '#');
    await operator.#client.subscribeAsync(device, { qos: 1 });
    return operator;
  }

  /** Sends a command that creates a job; returns its topic and payload as they went. */
  async create(
    jobId: string,
    job: { readonly kind: string; readonly params?: object },
  ): Promise<{ readonly topic: string; readonly payload: string }> {
    const topic = this.#topics.jobCommands.replace('+', jobId);
    const payload = JSON.stringify({ action: 'create', ...job });
    await this.#client.publishAsync(topic, payload, { qos: 1 });
    return { topic, payload };
  }

  /** Tells `listener` of every message of a topic, those heard before included; returns what ends that. */
  listen(topic: string, listener: (payload: unknown) => void): () => void {
    const take = (message: Heard) => {
      if (message.topic === topic) listener(message.payload);
    };
    for (const message of this.#heard) take(message);
    this.#listeners.add(take);
    return () => void this.#listeners.delete(take);
  }

  /**
   * Returns the first message of a topic that fits, heard before or to come.
   *
   * @throws the reason of `signal`; what `schema` says of a message of another form
   */
  async next<T>(topic: string, { schema, fits = () => true, signal }: Wanted<T>): Promise<T> {
    signal.throwIfAborted();
    const done = new AbortController();
    try {
      return await new Promise<T>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { signal: done.signal });
        const forget = this.listen(topic, (payload) => {
          const { success, data, error } = schema.safeParse(payload);
          if (!success) reject(error);
          else if (fits(data)) resolve(data);
        });
        done.signal.addEventListener('abort', forget);
      });
    } finally {
      done.abort();
    }
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}
