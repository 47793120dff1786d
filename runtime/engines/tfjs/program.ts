import type { Program, Step } from '../layout/program.js';
import type { TfTensor } from './operator.js';

/** Runs inside `tf.tidy`; see `Kernel`. */
export type TfjsAction = (inputs: readonly TfTensor[]) => TfTensor | readonly TfTensor[];

/** Its owner disposes of the constants. */
export type TfjsProgram = Program<TfjsAction, TfTensor>;

export type TfjsStep = Step<TfjsAction>;
