import { engineNames, getEngine } from '../../runtime/engines/registry.js';
import { useLocalSettings } from './localEngine.js';

/**
 * Returns the names of the engines that work here on a device of their own, and says of each other one why not.
 *
 * @param threads of one run, at most
 * @throws AgentError `config_invalid`
 */
export async function everyWorkingEngine(threads: number, note: (line: string) => void): Promise<string[]> {
  await useLocalSettings(threads);
  const working: string[] = [];
  for (const name of engineNames) {
    const { available, isImitated, reason, note: device } = await getEngine(name).probe();
    if (available && !isImitated) working.push(name);
    else note(`without ${name}: ${reason ?? device ?? 'no reason given'}`);
  }
  return working;
}
