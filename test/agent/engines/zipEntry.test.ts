import { deflateRawSync } from 'node:zlib';
import test from 'ava';
import { zipEntry, zipNames } from '../../../agent/engines/zipEntry.js';
import { zipFile } from '../../helpers/zipFile.js';

const text = Buffer.from('one file among others, '.repeat(20));

test('stored and deflated files are found by name', (t) => {
  const zip = zipFile([
    { name: 'a/stored.txt', bytes: text },
    { name: 'a/deflated.txt', bytes: text, isDeflated: true },
  ]);
  t.true(zip.length < 2 * text.length + 300);
  t.deepEqual(zipNames(zip), ['a/stored.txt', 'a/deflated.txt']);
  t.deepEqual(zipEntry(zip, 'a/stored.txt'), text);
  t.deepEqual(zipEntry(zip, 'a/deflated.txt'), text);
  t.is(zipEntry(zip, 'deflated.txt'), undefined);
});

test('a comment at the end is no obstacle', (t) => {
  const zip = zipFile([{ name: 'x', bytes: text }], { comment: 'made by hand' });
  t.deepEqual(zipEntry(zip, 'x'), text);
});

test('a file cut short anywhere is refused, and nothing else is thrown', (t) => {
  const zip = zipFile([{ name: 'x', bytes: text, isDeflated: true }]);
  for (let length = 0; length < zip.length; length++) {
    t.throws(() => zipEntry(zip.subarray(0, length), 'x'), { instanceOf: RangeError });
  }
});

test('what is no ZIP file is refused', (t) => {
  t.throws(() => zipNames(deflateRawSync(text)), { message: 'it is no ZIP file, or is cut short' });
  t.throws(() => zipNames(Buffer.alloc(0)), { instanceOf: RangeError });
});
