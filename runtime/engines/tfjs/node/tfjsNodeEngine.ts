import { tfjsEngine } from '../tfjsEngine.js';
import { configureLibrary } from './configureLibrary.js';
import { nodeBackend } from './nodeBackend.js';

/** TensorFlow.js on TensorFlow's own library, operator by operator. `threads` holds as the first load has it. */
export const tfjsNodeEngine = tfjsEngine({
  name: 'tfjs-node',
  backend: nodeBackend,
  beforeLoad: configureLibrary,
});
