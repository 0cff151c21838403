// Reads which shared libraries a 64-bit little-endian ELF file needs, and orders a set of them for loading.
import { readFileSync } from "node:fs";

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NULL = 0n;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;

type Segment = {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
};

/** Whether the bytes are a 64-bit little-endian ELF file (x86-64, AArch64, RISC-V ...). */
export const isElf64 = (bytes: Buffer): boolean =>
  bytes.length >= 64 && bytes.readUInt32BE(0) === 0x7f454c46 && bytes[4] === 2 && bytes[5] === 1;

/** The program header table (ELF-64 object file format, figures 3 and 6). */
function segments(bytes: Buffer): Segment[] {
  const table = Number(bytes.readBigUInt64LE(32));
  const entrySize = bytes.readUInt16LE(54);
  const count = bytes.readUInt16LE(56);
  return Array.from({ length: count }, (_, i) => {
    const at = table + i * entrySize;
    return {
      type: bytes.readUInt32LE(at),
      offset: Number(bytes.readBigUInt64LE(at + 8)),
      address: Number(bytes.readBigUInt64LE(at + 16)),
      size: Number(bytes.readBigUInt64LE(at + 32)),
    };
  });
}

/** The names in a shared library's DT_NEEDED entries, in order; null if the file is no such library. */
export function neededLibraries(file: string): string[] | null {
  const bytes = readFileSync(file);
  if (!isElf64(bytes)) return null;
  const all = segments(bytes);
  const dynamic = all.find((segment) => segment.type === PT_DYNAMIC);
  if (dynamic === undefined) return null;
  const entries: { tag: bigint; value: number }[] = [];
  for (let at = dynamic.offset; at + 16 <= dynamic.offset + dynamic.size; at += 16) {
    const tag = bytes.readBigUInt64LE(at);
    if (tag === DT_NULL) break;
    entries.push({ tag, value: Number(bytes.readBigUInt64LE(at + 8)) });
  }
  const stringTable = entries.find((entry) => entry.tag === DT_STRTAB);
  const home = all.find(
    (segment) =>
      segment.type === PT_LOAD &&
      stringTable !== undefined &&
      segment.address <= stringTable.value &&
      stringTable.value < segment.address + segment.size,
  );
  if (stringTable === undefined || home === undefined) return null;
  const strings = home.offset + stringTable.value - home.address;
  return entries
    .filter((entry) => entry.tag === DT_NEEDED)
    .map((entry) => {
      const start = strings + entry.value;
      return bytes.toString("utf8", start, bytes.indexOf(0, start));
    });
}

/**
 * The libraries that `roots` need, themselves included, each after those it needs. `find` gives a library's file by
 * name, or undefined for one that the system is to provide.
 */
export function loadOrder(
  roots: readonly string[],
  find: (name: string) => string | undefined,
): ReadonlyMap<string, string> {
  const visited = new Set<string>();
  const ordered = new Map<string, string>();
  const visit = (name: string): void => {
    if (visited.has(name)) return;
    visited.add(name);
    const file = find(name);
    if (file === undefined) return;
    (neededLibraries(file) ?? []).forEach(visit);
    ordered.set(name, file);
  };
  roots.forEach(visit);
  return ordered;
}
