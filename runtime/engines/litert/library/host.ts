import { leastGlibc, librarySha256, litertVersion } from './libraryRelease.js';

/** What of a machine decides whether the library runs there. */
export interface Host {
  /** As `process.arch`. */
  readonly arch: string;
  /** Version of the GNU C library; undefined where that is another, such as musl. */
  readonly glibc: string | undefined;
}

export function thisHost(): Host {
  const { header } = process.report.getReport() as {
    readonly header: { readonly glibcVersionRuntime?: string };
  };
  return { arch: process.arch, glibc: header.glibcVersionRuntime };
}

/** Returns why the library cannot run on a machine, or undefined where nothing speaks against it. */
export function hostProblem({ arch, glibc }: Host = thisHost()): string | undefined {
  if (!Object.hasOwn(librarySha256, arch)) {
    return `LiteRT ${litertVersion} is made for ${Object.keys(librarySha256).join(' and ')}, this is ${arch}`;
  }
  if (glibc === undefined) {
    return `LiteRT ${litertVersion} needs the GNU C library, which this system (musl?) does not use`;
  }
  if (compareVersions(glibc, leastGlibc) >= 0) return undefined;
  return `LiteRT ${litertVersion} needs glibc ${leastGlibc} or newer, this system has ${glibc}`;
}

/** Compares dotted numbers: negative where `left` is older. */
function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number));
  for (const [index, number] of b!.entries()) {
    const difference = (a![index] ?? 0) - number;
    if (difference !== 0) return difference;
  }
  return 0;
}
