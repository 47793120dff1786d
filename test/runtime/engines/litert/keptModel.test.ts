import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { keptModel } from '../../../../runtime/engines/litert/keptModel.js';
import { writeModel } from '../../../../runtime/engines/litert/writeModel.js';
import { encodeModel } from '../../../../runtime/engines/litert/writtenModel.js';
import { graphBuilder } from '../../../helpers/graphs.js';
import { qdqGraph } from '../../../helpers/qdqGraphs.js';
import { tempFolder } from '../../../helpers/tempFolder.js';

function floatGraph() {
  const g = graphBuilder();
  const x = g.conv(g.input('x', [1, 3, 8, 8]), { weights: [8, 3, 3, 3], pad: 1 });
  return g.build([g.relu(x), g.node('Softmax', [x])]);
}

const graphs = {
  float: floatGraph(),
  quantized: qdqGraph((g, x) =>
    g.codedConv(g.convOnGrid(x, { weights: [8, 3, 3, 3], pad: 1 }), { weights: [4, 8, 1, 1] }),
  ),
};

for (const [what, graph] of Object.entries(graphs)) {
  test(`a ${what} model that was kept is the one that is written, and is not written again`, async (t) => {
    const folder = join(await tempFolder(), 'cache');
    const written = encodeModel(writeModel(graph));
    t.deepEqual(await keptModel({ graph, cacheFolder: undefined }), written);
    t.deepEqual(await keptModel({ graph, cacheFolder: folder }), written);
    const [name] = await readdir(folder);
    const before = await stat(join(folder, name!));
    t.deepEqual(await keptModel({ graph, cacheFolder: folder }), written);
    t.is((await stat(join(folder, name!))).ino, before.ino);
  });
}

test('a kept model that is cut short or foreign is written anew', async (t) => {
  const folder = await tempFolder();
  const written = await keptModel({ graph: graphs.quantized, cacheFolder: folder });
  const [name] = await readdir(folder);
  const path = join(folder, name!);
  const whole = await readFile(path);
  for (const damage of [() => truncate(path, whole.length >> 1), () => writeFile(path, 'something else\n')]) {
    await damage();
    t.deepEqual(await keptModel({ graph: graphs.quantized, cacheFolder: folder }), written);
    t.deepEqual(await readFile(path), whole);
  }
});

test('a folder that cannot be made is done without', async (t) => {
  const file = join(await tempFolder(), 'file');
  await writeFile(file, '');
  t.deepEqual(
    await keptModel({ graph: graphs.float, cacheFolder: join(file, 'cache') }),
    encodeModel(writeModel(graphs.float)),
  );
});
