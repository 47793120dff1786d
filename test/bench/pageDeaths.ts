/**
 * Serves a detector through an engine in a browser, kills the browser's page every so often, and prints as one JSON
 * document what clients saw: answers, refusals by status within and outside the windows from a death to the next answer,
 * and how long those windows were. Exits 0 only if nothing but 503s within a window went wrong.
 *
 *     node dist/test/bench/pageDeaths.js [--minutes 30] [--every SECONDS] [--clients 2] [--pause SECONDS]
 *       [--engine tfjs-webgl] [--model MANIFEST]
 *
 * By default the model is an untrained one of two convolutions, which an imitated GPU runs in milliseconds too, and each client
 * asks again 20 ms after it was answered.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { percentile } from '../../calibrate/evaluate/percentile.js';
import { AgentProcess } from '../e2e/agentProcess.js';
import { jpeg } from '../helpers/frameFolders.js';
import { commandLine, processTree } from '../helpers/processTree.js';
import { tempFolder } from '../helpers/tempFolder.js';
import { tinyDetector } from '../helpers/tinyDetector.js';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    every: { type: 'string', default: '60' },
    clients: { type: 'string', default: '2' },
    pause: { type: 'string', default: '0.02' },
    engine: { type: 'string', default: 'tfjs-webgl' },
    model: { type: 'string' },
  },
});
const clients = Number(options.clients);

interface Answer {
  readonly atMs: number;
  readonly status: number;
  readonly code?: string;
}

const stateFolder = tempFolder();
const { agent, http } = await AgentProcess.start([], {
  DETPTQ_STATE_DIR: stateFolder,
  DETPTQ_HTTP__PORT: '0',
  DETPTQ_MQTT__EMBEDDED_PORT: '0',
  DETPTQ_INFERENCE__ENGINE: options.engine,
  DETPTQ_MODEL__PATH: options.model ?? (await tinyDetector()).manifest,
});

const endMs = performance.now() + 60_000 * Number(options.minutes);
const answers: Answer[] = [];
const deathsMs: number[] = [];
const picture = new Uint8Array(await jpeg(120));

async function client(): Promise<void> {
  while (performance.now() < endMs) {
    const response = await fetch(`${http}/v1/detect`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: picture,
    });
    const body = (await response.json()) as { error?: { code: string } };
    const { status } = response;
    answers.push({ atMs: performance.now(), status, ...(body.error && { code: body.error.code }) });
    await sleep(1000 * Number(options.pause));
  }
}

/** Every page of the agent's browsers, the spare one that Chromium keeps included. */
function killPages(): void {
  const pages = processTree(agent.pid).filter((pid) => commandLine(pid).includes('--type=renderer'));
  for (const pid of pages) process.kill(pid, 'SIGKILL');
  if (pages.length > 0) deathsMs.push(performance.now());
}

async function killer(): Promise<void> {
  for (;;) {
    await sleep(1000 * Number(options.every));
    if (performance.now() >= endMs) return;
    killPages();
  }
}

await Promise.all([killer(), ...Array.from({ length: clients }, client)]);
const status = await agent.stop();

/**
 * From each death to the first answer of 200 behind the run that it cut short: what the page had answered just before is
 * still under way to its client.
 */
const windows = deathsMs.map((from, death) => {
  const behind = answers.filter(({ atMs }) => atMs > from && atMs < (deathsMs[death + 1] ?? Infinity));
  const cut = behind.findIndex(({ status }) => status !== 200);
  const answer = behind.slice(Math.max(cut, 0)).find(({ status }) => status === 200);
  return { from, to: answer?.atMs ?? Number.POSITIVE_INFINITY };
});
const inWindow = ({ atMs }: Answer) => windows.some(({ from, to }) => atMs >= from && atMs <= to);
const refused = answers.filter(({ status }) => status !== 200);
const outside = refused.filter((answer) => answer.status !== 503 || !inWindow(answer));
const recoveredMs = windows.map(({ from, to }) => to - from);
const document = {
  ...{
    bench: 'pageDeaths',
    engine: options.engine,
    minutes: Number(options.minutes),
    clients,
    pauseS: Number(options.pause),
  },
  deaths: deathsMs.length,
  answered: answers.length - refused.length,
  refusedInWindow: refused.length - outside.length,
  refusedOutside: outside.length,
  codes: Object.fromEntries(
    [...new Set(refused.map(({ code = 'none' }) => code))].map((code) => [
      code,
      refused.filter((answer) => answer.code === code).length,
    ]),
  ),
  recoveredMs: {
    p50: Math.round(percentile(recoveredMs, 0.5)),
    max: Math.round(Math.max(...recoveredMs)),
  },
  agentStatus: status,
};
console.log(JSON.stringify(document));
process.exitCode = outside.length === 0 && deathsMs.length > 0 && status === 0 ? 0 : 1;
