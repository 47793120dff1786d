import test from 'ava';
import { thinEvidenceNotes } from '../../../calibrate/detptq/thinEvidence.js';

test('a result that few frames judged carries a warning with their number', (t) => {
  const notes = (frames: number) => thinEvidenceNotes({ frames, detections: 100 }).join();
  t.regex(notes(1), /a single held-out frame/);
  t.regex(notes(7), /7 held-out frames/);
  t.is(notes(8), '');
});

test('so does one on frames that show next to nothing', (t) => {
  const notes = (detections: number) => thinEvidenceNotes({ frames: 8, detections }).join();
  t.regex(notes(0), /finds nothing/);
  t.regex(notes(1), /a single object/);
  t.regex(notes(9), /only 9 objects/);
  t.is(notes(10), '');
});
