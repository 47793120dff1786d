import test from 'ava';
import { litertLibrary } from '../../../agent/engines/litertLibrary.js';
import { zipFile } from '../../helpers/zipFile.js';

const code = 'engine_library_invalid';

/** The head of an ELF file for the processor with that number, and something behind it. */
function elf(machine: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt32BE(0x7f454c46);
  bytes.writeUInt16LE(machine, 18);
  return bytes;
}

function wheel(version: string, library?: Buffer): Buffer {
  return zipFile([
    { name: `ai_edge_litert-${version}.dist-info/METADATA`, bytes: Buffer.from('Name: ai-edge-litert') },
    ...(library ? [{ name: 'ai_edge_litert/libLiteRt.so', bytes: library, isDeflated: true }] : []),
  ]);
}

test('a library that is not the released one is refused by its digest', (t) => {
  const message = /^lib\.so: expected the library of ai-edge-litert 2\.3\.0 with SHA-256 \w{64}, got \w{64}$/;
  t.throws(() => litertLibrary(elf(0x3e), 'lib.so', 'x64'), { code, message });
  t.throws(() => litertLibrary(wheel('2.3.0', elf(0xb7)), 'x.whl', 'arm64'), { code, message: /SHA-256/ });
});

test('a library for another processor is refused, naming both', (t) => {
  t.throws(() => litertLibrary(elf(0xb7), 'lib.so', 'x64'), {
    code,
    message: 'lib.so: expected a library for x64, got one for arm64',
  });
  t.throws(() => litertLibrary(elf(0x28), 'lib.so', 'arm64'), {
    code,
    message: /got one for another or none/,
  });
});

test('a wheel of another release or package, or without the library, is refused', (t) => {
  const refused = (file: Buffer, message: RegExp) =>
    t.throws(() => litertLibrary(file, 'x.whl', 'x64'), { code, message });
  refused(wheel('2.0.3', elf(0x3e)), /expected a wheel of ai-edge-litert 2\.3\.0, got 2\.0\.3/);
  refused(zipFile([{ name: 'numpy/x', bytes: Buffer.from('x') }]), /got another package/);
  refused(wheel('2.3.0'), /expected ai_edge_litert\/libLiteRt\.so in it/);
});

test('a truncated wheel, and what is neither wheel nor library, are refused', (t) => {
  const whole = wheel('2.3.0', elf(0x3e));
  for (const file of [whole.subarray(0, whole.length / 2), Buffer.from('hello'), Buffer.alloc(0)]) {
    t.throws(() => litertLibrary(file, 'x.whl', 'x64'), {
      code,
      message: /^x\.whl: expected a wheel or a shared library, but it is no ZIP file, or is cut short$/,
    });
  }
});
