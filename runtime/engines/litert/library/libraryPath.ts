/** Where the agent keeps LiteRT's library: a process has one state folder. */
let path: string | undefined;

/** Tells the engine where its library is kept, whether it is there yet or not. */
export function setLibraryPath(libraryPath: string): void {
  path = libraryPath;
}

/** Returns where the library is kept; undefined in a process that keeps none. */
export function libraryPath(): string | undefined {
  return path;
}
