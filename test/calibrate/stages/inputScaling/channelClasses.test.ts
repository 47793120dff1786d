import test from 'ava';
import { ChannelClasses, pinnedClass } from '../../../../calibrate/stages/inputScaling/channelClasses.js';

const classesOf = () =>
  new ChannelClasses(
    new Map([
      ['a', 4],
      ['b', 4],
      ['c', 2],
    ]),
  );

test('at first every channel is in a class of its own, and unknown tensors are pinned', (t) => {
  const classes = classesOf();
  const all = ['a', 'b', 'c'].flatMap((tensor) => classes.classesOf(tensor));
  t.is(new Set(all).size, 10);
  t.false(all.includes(pinnedClass));
  t.true(all.every((index) => index < classes.size));
  t.is(classes.classOf('elsewhere', 3), pinnedClass);
  t.deepEqual(classes.classesOf('elsewhere'), []);
});

test('runs join with their strides', (t) => {
  const classes = classesOf();
  const from = { tensor: 'c', start: 0, step: 1 };
  classes.join({ from, to: { tensor: 'a', start: 1, step: 2 }, count: 2 });
  t.deepEqual(classes.classesOf('c'), [classes.classOf('a', 1), classes.classOf('a', 3)]);
  t.not(classes.classOf('a', 1), classes.classOf('a', 3));
});

test('what joins a pinned channel is pinned, whichever came first', (t) => {
  for (const isPinnedFirst of [true, false]) {
    const classes = classesOf();
    if (isPinnedFirst) classes.pin('a');
    classes.joinAll('a', 'b');
    if (!isPinnedFirst) classes.pin('a');
    t.deepEqual(classes.classesOf('b'), [0, 0, 0, 0]);
    t.false(classes.classesOf('c').includes(pinnedClass));
  }
});

test('tensors of unequal numbers of channels cannot be joined, so both are pinned', (t) => {
  const classes = classesOf();
  classes.joinAll('a', 'c');
  t.deepEqual([...classes.classesOf('a'), ...classes.classesOf('c')], [0, 0, 0, 0, 0, 0]);
  t.false(classes.classesOf('b').includes(pinnedClass));
});
