import test from 'ava';
import { fewFramesNotes } from '../../../calibrate/detptq/fewFrames.js';

test('a result that few frames judged carries a warning with their number', (t) => {
  t.regex(fewFramesNotes(1).join(), /a single held-out frame/);
  t.regex(fewFramesNotes(7).join(), /7 held-out frames/);
  t.deepEqual(fewFramesNotes(8), []);
});
