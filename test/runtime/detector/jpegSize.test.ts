import test from 'ava';
import sharp from 'sharp';
import { plainJpegSize } from '../../../runtime/detector/jpegSize.js';
import { jpeg } from '../../helpers/pictures.js';

const picture = () => sharp({ create: { width: 70, height: 30, channels: 3, background: 'grey' } });

test('the frame header gives the size of baseline and progressive pictures', async (t) => {
  t.deepEqual(plainJpegSize(await jpeg(123, 45)), { width: 123, height: 45 });
  t.deepEqual(plainJpegSize(await picture().jpeg({ progressive: true }).toBuffer()), {
    width: 70,
    height: 30,
  });
});

test('a picture with EXIF is left to the full parser', async (t) => {
  t.is(plainJpegSize(await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer()), undefined);
});

test('bytes that end or go astray before the frame header give no size', async (t) => {
  const bytes = await jpeg(16, 16);
  const frameHeader = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  for (let length = 0; length < frameHeader + 9; length++) {
    t.is(plainJpegSize(bytes.subarray(0, length)), undefined, `${length} bytes`);
  }
  t.is(plainJpegSize(Buffer.alloc(64, 0xff)), undefined);
  t.is(plainJpegSize(Buffer.alloc(64)), undefined);
});
