import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { removeAbandonedScratch } from '../../runtime/scratchFolder.js';
import { Agent, type AgentAddresses } from '../agent.js';
import type { AgentConfig } from '../config.js';
import type { CommandContext } from './context.js';
import { type LocalConfigQuery, loadLocalConfig } from './localConfig.js';
import { localStatePaths } from './localState.js';
import { createLogger } from './logger.js';

/** Runs the agent until the command is interrupted, which is its regular end. */
export async function runAgent({ output, signal }: CommandContext, query: LocalConfigQuery): Promise<void> {
  const { config, file, isDemo } = await loadLocalConfig(query);
  const stateFolder = localStatePaths().root;
  const log = createLogger(config.log.level);
  if (isDemo)
    log.warn(`no model.path is set: this is the demo, ${config.model.path} at ${config.camera.source}`);
  await removeAbandonedScratch();
  const agent = new Agent({
    ...{ config, log },
    stateRoot: stateFolder,
    cliScript: fileURLToPath(new URL('../cli.js', import.meta.url)),
  });
  const addresses = await agent.start();
  try {
    const document = { ...addresses, stateFolder, config: file, demo: isDemo };
    output.result(document, () =>
      [...(isDemo ? [demoText(config)] : []), addressesText(addresses, stateFolder)].join('\n\n'),
    );
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await agent.stop();
  }
}

/** Nobody should take the demo for what they have configured. */
function demoText({ model, camera }: AgentConfig): string {
  return [
    'This is the demo: nothing is configured, so a small detector of',
    'parcels, bottles and the like watches a rendered conveyor belt.',
    'Set model.path and camera.source for your own: detptq run --help',
    '',
    `model    ${model.path}`,
    `camera   ${camera.source}`,
  ].join('\n');
}

function addressesText({ http, mqtt }: AgentAddresses, stateFolder: string): string {
  return [
    `detect   POST ${http}/v1/detect`,
    `health   ${http}/readyz, metrics ${http}/metrics`,
    `broker   ${mqtt}`,
    `state    ${stateFolder}`,
    'Ctrl-C stops.',
  ].join('\n');
}
