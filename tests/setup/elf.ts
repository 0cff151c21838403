// Writes the smallest shared library that names what it needs: no code, one loadable segment.

/** A 64-bit little-endian ELF file whose dynamic section needs these libraries. */
export function sharedLibrary(needed: readonly string[]): Buffer {
  const header = 64;
  const dynamicAt = header + 2 * 56;
  const entries = needed.length + 2;
  const stringsAt = dynamicAt + entries * 16;
  const strings = Buffer.from(`\0${needed.map((name) => `${name}\0`).join("")}`);
  const bytes = Buffer.alloc(stringsAt + strings.length);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(3, 16);
  bytes.writeBigUInt64LE(BigInt(header), 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(2, 56);
  // Addresses differ from offsets, as they do in real files.
  const base = 0x4000;
  const segment = (index: number, type: number, offset: number, size: number): void => {
    const at = header + index * 56;
    bytes.writeUInt32LE(type, at);
    bytes.writeBigUInt64LE(BigInt(offset), at + 8);
    bytes.writeBigUInt64LE(BigInt(base + offset), at + 16);
    bytes.writeBigUInt64LE(BigInt(size), at + 32);
  };
  segment(0, 1, 0, bytes.length);
  segment(1, 2, dynamicAt, entries * 16);
  let name = 1;
  const dynamic: [number, number][] = [[5, base + stringsAt]];
  for (const library of needed) {
    dynamic.push([1, name]);
    name += library.length + 1;
  }
  dynamic.forEach(([tag, value], i) => {
    bytes.writeBigUInt64LE(BigInt(tag), dynamicAt + i * 16);
    bytes.writeBigUInt64LE(BigInt(value), dynamicAt + i * 16 + 8);
  });
  bytes.set(strings, stringsAt);
  return bytes;
}
