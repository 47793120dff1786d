/**
 * Loads, runs and disposes of sessions in their own threads, in a process that does nothing else, and prints as JSON
 * what is left of each cycle. Run with --expose-gc.
 */
import { readdirSync } from 'node:fs';
import { onnxruntimeEngine } from '../../runtime/engines/onnxruntime/onnxruntimeEngine.js';
import { graphBuilder, randomFeeds } from './graphs.js';

const cycles = Number(process.argv[2]);
const g = graphBuilder();
const graph = g.build([g.conv(g.input('x', [1, 256, 8, 8]), { weights: [1024, 256, 3, 3], pad: 1 })]);
const feeds = randomFeeds(graph);
const leftovers: { threads: number; rssMb: number }[] = [];
for (let cycle = 0; cycle < cycles; cycle++) {
  const session = await onnxruntimeEngine.load(graph, { thread: 'own' });
  await Promise.all([session.run(feeds), session.run(feeds)]);
  await session.dispose();
  globalThis.gc?.();
  const threads = readdirSync('/proc/self/task').length;
  leftovers.push({ threads, rssMb: process.memoryUsage.rss() / 2 ** 20 });
}
process.stdout.write(JSON.stringify(leftovers));
