/** Runs a session in its own thread and forgets to dispose of it. Prints the result's dimensions. */
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { graphBuilder, randomFeeds } from './graphs.js';

const g = graphBuilder();
const graph = g.build([g.relu(g.input('x', [1, 4]))]);
const session = await onnxruntimeEngine.load(graph, { thread: 'own' });
// The thread is all that keeps the process alive until the run is answered.
const { relu_1 } = await session.run(randomFeeds(graph));
process.stdout.write(relu_1!.dims.join('x'));
