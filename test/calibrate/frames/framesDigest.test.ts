import { createHash } from 'node:crypto';
import test from 'ava';
import { framesDigest } from '../../../calibrate/frames/framesDigest.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

test('the digest is over the digests of the frames, in their order', (t) => {
  const frames = [1, 2, 3].map((byte) => ({ name: `${byte}.jpg`, bytes: Uint8Array.of(byte) }));
  const whole = Buffer.concat(frames.map(({ bytes }) => sha256(bytes)));
  t.is(framesDigest(frames), sha256(whole).toString('hex'));
  t.not(framesDigest(frames.toReversed()), framesDigest(frames));
});
