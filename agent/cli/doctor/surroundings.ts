import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { openFrameSource } from '../../../calibrate/frames/openSource.js';
import { toAgentError } from '../../../runtime/errors.js';
import type { AgentConfig } from '../../config.js';
import { maskedUrl } from '../masked.js';

/** Something that the agent works with, and whether it would. */
export interface Check {
  readonly what: string;
  readonly ok: boolean;
  /** What was found, or why it would not work. */
  readonly finding: string;
}

const patienceMs = 3000;
const brokerPorts: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'mqtts:': 8883,
  'ws:': 80,
  'wss:': 443,
};

/** Takes one frame from the configured camera. */
export async function checkCamera({ camera }: AgentConfig): Promise<Check> {
  if (camera.source === undefined) {
    return { what: 'none', ok: false, finding: 'camera.source is not configured: nothing to calibrate on' };
  }
  const what = maskedUrl(camera.source);
  try {
    for await (const frame of openFrameSource(camera.source).frames(AbortSignal.timeout(patienceMs))) {
      return { what, ok: true, finding: `delivers frames, the first is ${frame.name}` };
    }
    return { what, ok: false, finding: `delivered no frame within ${patienceMs} ms` };
  } catch (error) {
    return { what, ok: false, finding: toAgentError(error).message };
  }
}

/** Says whether the embedded broker's port is free, or whether the external broker answers. */
export async function checkBroker({ mqtt }: AgentConfig): Promise<Check> {
  if (mqtt.broker === 'embedded') {
    const address = { host: mqtt.embeddedHost, port: mqtt.embeddedPort };
    const what = `embedded on ${address.host}:${address.port}`;
    const problem = await listenProblem(address);
    const finding = problem ?? 'the address is free';
    return { what, ok: problem === undefined, finding };
  }
  const what = maskedUrl(mqtt.broker);
  const { hostname: host, port, protocol } = new URL(mqtt.broker);
  const socket = connect({ host, port: Number(port) || brokerPorts[protocol]! });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(patienceMs) });
    return { what, ok: true, finding: 'accepts connections' };
  } catch (error) {
    return { what, ok: false, finding: `does not answer: ${toAgentError(error).message}` };
  } finally {
    socket.destroy();
  }
}

/** Says whether ffmpeg, which video sources need, is installed. */
export async function checkFfmpeg(): Promise<Check> {
  const what = 'ffmpeg';
  return new Promise((resolve) => {
    execFile('ffmpeg', ['-hide_banner', '-version'], { timeout: patienceMs }, (error, stdout) => {
      if (error) resolve({ what, ok: false, finding: 'not installed: video sources need it' });
      else resolve({ what, ok: true, finding: stdout.split('\n', 1)[0]!.replace(/ Copyright.*/, '') });
    });
  });
}

async function listenProblem(address: { host: string; port: number }): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(address);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    const inUse = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    return inUse ? 'the address is in use: by an agent that runs?' : toAgentError(error).message;
  } finally {
    server.close();
  }
}
