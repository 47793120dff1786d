import { type AgentError, toAgentError } from '../../runtime/errors.js';

/** Does what changes nothing about any job: that it goes wrong is told, and no more. */
export async function tidied(
  work: () => Promise<void>,
  onProblem: (error: AgentError) => void,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    onProblem(toAgentError(error));
  }
}
