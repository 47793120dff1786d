import mqtt, { type MqttClient } from 'mqtt';
import { until } from './until.js';

export interface HeardMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

/** An operator's MQTT client that remembers all it hears. */
export class MqttListener {
  readonly heard: HeardMessage[] = [];
  readonly client: MqttClient;

  private constructor(client: MqttClient) {
    this.client = client;
    client.on('message', (topic, payload, { retain }) => {
      this.heard.push({ topic, payload: payload.toString(), retain });
    });
  }

  static async connect(url: string, filter = '#'): Promise<MqttListener> {
    const listener = new MqttListener(await mqtt.connectAsync(url, { reconnectPeriod: 10 }));
    await listener.client.subscribeAsync(filter, { qos: 1 });
    return listener;
  }

  /** Returns the parsed payloads of a topic, in order, without the empty ones. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into payloads of many forms
  on(topic: string): any[] {
    const payloads = this.heard.filter((message) => message.topic === topic && message.payload !== '');
    return payloads.map(({ payload }) => JSON.parse(payload));
  }

  /** Returns the first payload of a topic that satisfies `wanted`, waiting for it. */
  // biome-ignore lint/suspicious/noExplicitAny: see above
  next(topic: string, wanted: (payload: any) => boolean = () => true): Promise<any> {
    return until(() => this.on(topic).find(wanted));
  }

  async publish(topic: string, payload: unknown, options: { retain?: boolean } = {}): Promise<void> {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    await this.client.publishAsync(topic, text, { qos: 1, ...options });
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}
