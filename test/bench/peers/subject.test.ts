import { sharedFolder } from '../../helpers/paths.js';
import { sharedTest } from '../../helpers/requires.js';
import { readSubject } from './subject.js';

sharedTest(
  'every convolution of NanoDet has its part: 4 predictions, 62 of 4 bits, depthwise and first of 8',
  async (t) => {
    const { files, predictions, tail, fourBit } = await readSubject(
      `${sharedFolder}models/nanodet-plus-m_416.json`,
    );
    const typeOf = new Map(files.graph.nodes.map(({ name, opType }) => [name, opType]));
    t.deepEqual(predictions, ['Conv_453', 'Conv_473', 'Conv_493', 'Conv_513']);
    t.is(fourBit.length, 62);
    t.true(fourBit.every((name) => typeOf.get(name) === 'Conv'));
    t.false(fourBit.includes('Conv_0'));
    t.false(fourBit.some((name) => predictions.includes(name)));
    t.true(tail.length > 0);
    t.true(tail.every((name) => typeOf.get(name) !== undefined && typeOf.get(name) !== 'Conv'));
  },
);
