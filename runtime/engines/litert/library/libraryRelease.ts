/** The release of LiteRT that this project is written for: its binary interface drifts from one to the next. */
export const litertVersion = '2.3.0';

/** The package that holds it, as package indexes for Python call it. */
export const litertPackage = 'ai-edge-litert';

/** Where the library lies in a wheel of that package. */
export const libraryInWheel = 'ai_edge_litert/libLiteRt.so';

export const libraryFile = 'libLiteRt.so';

/** The C library that it needs; Raspberry Pi OS 12, Debian 12, Ubuntu 22.04 and JetPack 6 have it. */
export const leastGlibc = '2.34';

/** SHA-256 of the library by processor (`process.arch`). */
export const librarySha256: Readonly<Record<string, string>> = {
  x64: 'eec47eb35e2924b3166015887e652a58edc9af823ae38e02bf83bef2548300bb',
  arm64: 'b57687dc234d2b8b0598aef5a9c961ed24263df8f8b3f56adbee1cff618e544b',
};
