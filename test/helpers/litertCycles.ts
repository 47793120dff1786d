/**
 * Runs a graph on LiteRT a few thousand times, then loads and disposes of it a hundred times, in a process that does
 * nothing else, and prints as JSON how many megabytes the process takes after each part. Run with --expose-gc.
 */
import { setLibraryPath } from '../../runtime/engines/litert/library/libraryPath.js';
import { litertEngine } from '../../runtime/engines/litert/litertEngine.js';
import { graphBuilder, randomFeeds } from './graphs.js';

setLibraryPath(process.argv[2]!);
const g = graphBuilder();
const x = g.conv(g.input('x', [1, 3, 32, 32]), { weights: [8, 3, 3, 3], pad: 1 });
const graph = g.build([g.relu(x), g.node('Softmax', [x])]);
const feeds = randomFeeds(graph);

async function cycle(loads: number, runs: number): Promise<number> {
  for (let load = 0; load < loads; load++) {
    const session = await litertEngine.load(graph);
    for (let run = 0; run < runs; run++) await session.run(feeds);
    await session.dispose();
  }
  globalThis.gc?.();
  return process.memoryUsage.rss() / 2 ** 20;
}

await cycle(30, 50);
const afterRuns = [await cycle(1, 1000), await cycle(1, 5000)];
const afterLoads = [await cycle(20, 1), await cycle(100, 1)];
process.stdout.write(JSON.stringify({ afterRuns, afterLoads }));
