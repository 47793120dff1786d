/**
 * Tells TensorFlow's library how many threads to use and not to print. It reads that from the environment when it is first
 * used, and what is set by then stays. Worker threads only have a copy of the environment, so this has to happen in the main
 * thread.
 */
export function configureLibrary(threads: number): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_NUM_INTEROP_THREADS ??= '1';
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  process.env.OMP_NUM_THREADS ??= String(threads);
}
