import type { Operator } from '../operator.js';

/** The input under another name. */
export const identity: Operator = ({ layouts }) => ({ relabels: layouts[0]! });
