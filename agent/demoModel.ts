import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What runs where nothing is configured: the detector that comes with the package, and the scene that it knows. */
export interface DemoDefaults {
  /** Path of the detector's manifest. */
  readonly modelPath: string;
  readonly cameraSource: string;
}

/** The compiled file lies in `dist/agent`. */
const packagedManifest = fileURLToPath(
  new URL('../../deploy/demo-model/model/demo-retinanet.json', import.meta.url),
);

/**
 * Returns the demo of this installation, or `undefined` where its detector is missing.
 *
 * @param env `DETPTQ_DEMO_MODEL` names another manifest
 */
export function demoDefaults(env: Readonly<Record<string, string | undefined>>): DemoDefaults | undefined {
  const modelPath = env.DETPTQ_DEMO_MODEL ?? packagedManifest;
  return existsSync(modelPath) ? { modelPath, cameraSource: 'synthetic:hall?seed=1' } : undefined;
}
