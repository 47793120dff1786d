import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The project's root; compiled tests lie in `dist/test/helpers`. */
export const projectRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** Test fixtures, which are read from the source tree. */
export const fixturesFolder = `${projectRoot}test/fixtures/`;

/** Real images, videos and detectors beside the checkout; absent on most machines. */
export const sharedFolder = fileURLToPath(new URL('../../../../shared/', import.meta.url));

export const sharedAvailable = existsSync(`${sharedFolder}models`) && existsSync(`${sharedFolder}data`);

/** The four float detectors of the shared folder, by manifest path. */
export const sharedModels = [
  'nanodet-plus-m_416',
  'yolox-nano',
  'yolo-fastest-1.1-xl',
  'person-detection-retail-0013',
].map((name) => ({ name, manifest: `${sharedFolder}models/${name}.json` }));
