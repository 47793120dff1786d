import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { tempFolder } from './tempFolder.js';

/** A small JPEG of a ramp from black to a brightness (0..255), so that other brightnesses are other pictures. */
export function jpeg(brightness: number): Promise<Buffer> {
  const side = 64;
  const ramp = Uint8Array.from({ length: side * side }, (_, index) => (brightness * (index % side)) / side);
  return sharp(ramp, { raw: { width: side, height: side, channels: 1 } })
    .jpeg({ quality: 95 })
    .toBuffer();
}

/** Returns the path of a new folder with these files. */
export async function folderOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = tempFolder();
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}
