import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Agent, type AgentAddresses } from '../agent.js';
import type { CommandContext } from './context.js';
import { type LocalConfigQuery, loadLocalConfig } from './localConfig.js';
import { localStatePaths } from './localState.js';
import { createLogger } from './logger.js';

/** Runs the agent until the command is interrupted, which is its regular end. */
export async function runAgent({ output, signal }: CommandContext, query: LocalConfigQuery): Promise<void> {
  const { config, file } = await loadLocalConfig(query);
  const stateFolder = localStatePaths().root;
  const agent = new Agent({
    config,
    stateRoot: stateFolder,
    cliScript: fileURLToPath(new URL('../cli.js', import.meta.url)),
    log: createLogger(config.log.level),
  });
  const addresses = await agent.start();
  try {
    const document = { ...addresses, stateFolder, config: file };
    output.result(document, () => addressesText(addresses, stateFolder));
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await agent.stop();
  }
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
