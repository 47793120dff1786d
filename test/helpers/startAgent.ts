import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Logger } from 'pino';
import { Agent, type AgentAddresses } from '../../agent/agent.js';
import { loadConfig } from '../../agent/config.js';
import { type Topics, topicsOf } from '../../agent/mqtt/topics.js';
import { MqttListener } from './mqttListener.js';
import { silentLog } from './silentLog.js';
import { tempFolder } from './tempFolder.js';

export interface StartAgentOptions {
  /** Dotted keys of the configuration, over a short soak and free ports. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** Default: a new, empty one. */
  readonly stateRoot?: string;
  /** Default: none, so that a search fails. */
  readonly cliScript?: string;
  /** Default: nobody's. */
  readonly log?: Logger;
}

export interface StartedAgent {
  readonly agent: Agent;
  readonly addresses: AgentAddresses;
  readonly stateRoot: string;
  readonly topics: Topics;
  /** Hears everything on the agent's broker. */
  readonly operator: MqttListener;
  /** Sends a command and returns the final status of the job. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into payloads of many forms
  finish(jobId: string, command: unknown): Promise<any>;
}

/** So that no job times out for what else the machine does. */
const patientDeadlines = Object.fromEntries(
  ['validating', 'collecting', 'warming', 'swapping'].map((step) => [`calibration.deadlines.${step}S`, 3600]),
);

const finals = ['SUCCEEDED', 'FAILED', 'REJECTED', 'TIMED_OUT', 'CANCELED'];

/** Returns an agent of given configuration, not started. */
export async function makeAgent(
  options: StartAgentOptions = {},
): Promise<{ agent: Agent; stateRoot: string }> {
  const stateRoot = options.stateRoot ?? join(tempFolder(), 'state');
  const flags = {
    'http.port': 0,
    'mqtt.embeddedPort': 0,
    'calibration.soakS': 0,
    // Networks of a few microseconds: their ratio says nothing.
    'calibration.gates.latencyRatio': 100,
    ...patientDeadlines,
    ...options.flags,
  };
  const { config } = await loadConfig({ env: {}, hostName: 'box', flags });
  const agent = new Agent({
    config,
    stateRoot,
    cliScript: options.cliScript ?? '/nowhere/cli.js',
    log: options.log ?? silentLog,
  });
  return { agent, stateRoot };
}

/** Starts an agent with an embedded broker and an operator at it; both end with the test. */
export async function startAgent(
  t: ExecutionContext,
  options: StartAgentOptions = {},
): Promise<StartedAgent> {
  const { agent, stateRoot } = await makeAgent(options);
  t.teardown(() => agent.stop());
  const addresses = await agent.start();
  const operator = await MqttListener.connect(addresses.mqtt);
  t.teardown(() => operator.close());
  const topics = topicsOf({ base: 'detptq', group: 'default', device: 'box' });
  return {
    ...{ agent, addresses, stateRoot, topics, operator },
    async finish(jobId, command) {
      await operator.publish(topics.jobCommands.replace('+', jobId), command);
      return operator.next(topics.jobStatus(jobId), ({ status }) => finals.includes(status));
    },
  };
}
