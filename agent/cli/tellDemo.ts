import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AgentError } from '../../runtime/errors.js';
import { Demo, type DemoOptions } from '../demo/demo.js';
import type { Teller } from '../demo/demoSteps.js';
import { demoDefaults } from '../demoModel.js';
import type { CommandContext } from './context.js';
import { demoText } from './demoText.js';
import { createLogger } from './logger.js';
import { boldNote, type Output } from './output.js';

export type DemoRequest = Pick<DemoOptions, 'seed' | 'recipe' | 'frames' | 'settings' | 'pictures'> & {
  /** Go on serving when the story is told. */
  readonly keep: boolean;
};

const measureMs = 4000;

/** Tells the whole loop once, and prints what came of it. */
export async function tellDemo(context: CommandContext, { keep, ...request }: DemoRequest): Promise<void> {
  const { output, signal } = context;
  const demo = demoDefaults(process.env);
  if (demo === undefined) throw detectorMissing(process.env.DETPTQ_DEMO_MODEL);
  const story = new Demo({
    ...{ ...request, measureMs, signal, modelPath: demo.modelPath },
    cliScript: fileURLToPath(new URL('../cli.js', import.meta.url)),
    log: createLogger('error'),
    teller: tellerOn(output),
  });
  output.note('A detector is re-quantized on this device, judged, and swapped in while clients use it.\n');
  try {
    const result = await story.run();
    context.keep(`the pictures are in ${result.pictures}`);
    output.note('');
    const address = pathToFileURL(`${result.pictures}/`).href;
    output.result(result, () => demoText({ ...result, pictures: address }));
    if (!keep || signal.aborted) return;
    output.note(`\nThe agent goes on serving at ${story.url}/v1/detect. Ctrl-C stops it.`);
    await once(signal, 'abort');
  } finally {
    await story.stop();
  }
}

function detectorMissing(path: string | undefined): AgentError {
  if (path !== undefined) {
    return new AgentError('file_not_found', `DETPTQ_DEMO_MODEL names ${path}, which is not there`, {
      detail: { where: path },
    });
  }
  return new AgentError('file_not_found', 'the demo detector is missing from this installation', {
    detail: { expected: 'deploy/demo-model/model in the package', mend: 'npm install detptq-agent' },
  });
}

const nameWidth = 10;

function tellerOn(output: Output): Teller {
  return {
    begin: (name, sentence) => output.note(`${boldNote(name.padEnd(nameWidth))}${sentence}`),
    progress: (name, { stage, ...progress }) =>
      output.progress({ ...progress, step: stage === undefined ? name : `${name}, ${stage}` }),
    detail: (sentence) => output.note(`${' '.repeat(nameWidth)}${sentence}`),
  };
}
