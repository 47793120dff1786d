import { DisjointSets } from '../../../runtime/disjointSets.js';
import { type ChannelClasses, pinnedClass } from './channelClasses.js';

/** Returns the sets of the classes that meet in tensors, directly or through others; the pinned one meets none. */
export function meetingClasses(classes: ChannelClasses): DisjointSets {
  const meeting = new DisjointSets(classes.size);
  for (const tensor of classes.tensors) {
    const [first, ...others] = classes.classesOf(tensor).filter((index) => index !== pinnedClass);
    for (const index of others) meeting.unite(first!, index);
  }
  return meeting;
}
