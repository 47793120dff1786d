import test from 'ava';
import { poorResultNotes } from '../../../calibrate/detptq/poorResult.js';
import { thinEvidenceNotes } from '../../../calibrate/detptq/thinEvidence.js';

const differing = (frames: number) => Array.from({ length: frames }, (_, i) => 0.01 + 0.001 * i);

test('a result that few frames judged carries a warning with their number', (t) => {
  const notes = (frames: number) => thinEvidenceNotes({ odols: differing(frames), detections: 100 }).join();
  t.regex(notes(1), /a single held-out frame/);
  t.regex(notes(7), /7 held-out frames/);
  t.is(notes(8), '');
});

test('so does one on frames that are all alike, however many', (t) => {
  const notes = (odols: number[]) => thinEvidenceNotes({ odols, detections: 100 }).join();
  t.regex(notes(new Array<number>(16).fill(0.02)), /all alike/);
  t.is(notes([...new Array<number>(15).fill(0.02), 0.021]), '');
});

test('so does one on frames that show next to nothing', (t) => {
  const notes = (detections: number) => thinEvidenceNotes({ odols: differing(8), detections }).join();
  t.regex(notes(0), /finds nothing/);
  t.regex(notes(1), /a single object/);
  t.regex(notes(9), /only 9 objects/);
  t.is(notes(10), '');
});

test('a result that finds something else than the float model is said to be of little use', (t) => {
  t.regex(poorResultNotes({ agreement: 0.0069, detections: 20 }).join(), /0\.01: .* of little use/);
  t.deepEqual(poorResultNotes({ agreement: 0.5, detections: 20 }), []);
  t.deepEqual(poorResultNotes({ agreement: 0, detections: 0 }), []);
});
