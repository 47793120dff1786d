import type { Engine } from '../../engine.js';
import { tfjsEngine } from '../tfjsEngine.js';
import { configureLibrary } from './configureLibrary.js';
import { nodeBackend } from './nodeBackend.js';

/**
 * TensorFlow.js on TensorFlow's own library, operator by operator.
 *
 * @param threads of all runs in this process, asked before the first load; where it does not say, that load does
 */
export function tfjsNodeEngine(threads: () => number | undefined): Engine {
  return tfjsEngine({
    name: 'tfjs-node',
    backend: nodeBackend,
    beforeLoad: (loadThreads) => configureLibrary(threads() ?? loadThreads),
  });
}
