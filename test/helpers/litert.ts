import test from 'ava';
import { localStatePaths } from '../../agent/cli/localState.js';
import { findLibrary } from '../../runtime/engines/litert/library/findLibrary.js';
import { setLibraryPath } from '../../runtime/engines/litert/library/libraryPath.js';

/** Where this user's library is kept, whether it is there or not. */
export const litertLibraryPath = localStatePaths().litertLibrary;

setLibraryPath(litertLibraryPath);

const isInstalled = await findLibrary().then(
  () => true,
  () => false,
);

/**
 * A test where `detptq engines install litert` has put LiteRT's library in the state folder, else a visible skip. Serial: what
 * a process has on its heap is measured.
 */
export const litertTest = isInstalled ? test.serial : test.serial.skip;
