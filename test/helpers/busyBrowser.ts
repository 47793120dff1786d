/** Keeps a page busy with a run that never ends in time. Prints the id of its Chromium's process once the run began. */
import { browserEngine } from '../../runtime/engines/browserWorker/browserEngine.js';
import { type RunningPage, startPage } from '../../runtime/engines/browserWorker/runningPage.js';
import { randomFeeds } from './graphs.js';
import { heavyGraph } from './heavyGraph.js';

let page: RunningPage;
const engine = browserEngine('tfjs-webgl', {
  start: async () => {
    page = await startPage();
    return page;
  },
});
const graph = heavyGraph();
const session = await engine.load(graph);
const running = session.run(randomFeeds(graph));
process.stdout.write(`${page!.pid}\n`);
await running;
