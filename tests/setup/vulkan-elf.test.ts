// What a shared library needs, and in which order a set of them is loaded.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadOrder, neededLibraries } from "../../src/runtime/vulkan-elf.js";
import { sharedLibrary } from "./elf.js";
import { temporaryDirectory } from "./transpile.js";

describe("needed libraries", () => {
  it("are read from a real library", () => {
    const dawn = new URL("../../node_modules/webgpu/dist/linux-x64/dawn.node", import.meta.url);
    const needed = neededLibraries(fileURLToPath(dawn));
    expect(needed).toContain("libc.so.6");
    expect(needed).toContain("libm.so.6");
  });

  it("are none of a file that is no library", () => {
    expect(neededLibraries(fileURLToPath(import.meta.url))).toBeNull();
  });
});

describe("the order of loading", () => {
  const libraries: Record<string, readonly string[]> = {
    "libdriver.so": ["libllvm.so", "libdrm.so.2", "libc.so.6"],
    "libllvm.so": ["libz.so.1", "libxml2.so.2"],
    "libxml2.so.2": ["libicu.so.72"],
    "libicu.so.72": ["libicudata.so.72"],
    "libicudata.so.72": [],
    "libdrm.so.2": [],
    "libunused.so": [],
    // Two that need each other are legal.
    "liba.so": ["libb.so"],
    "libb.so": ["liba.so"],
  };

  function ordered(roots: readonly string[]): string[] {
    const directory = temporaryDirectory();
    for (const [name, needed] of Object.entries(libraries))
      writeFileSync(join(directory, name), sharedLibrary(needed));
    return [...loadOrder(roots, (name) => (name in libraries ? join(directory, name) : undefined)).keys()];
  }

  it("puts each library after those it needs, and leaves the system's and the unused ones out", () => {
    const names = ordered(["libdriver.so"]);
    expect([...names].sort()).toEqual([
      "libdriver.so",
      "libdrm.so.2",
      "libicu.so.72",
      "libicudata.so.72",
      "libllvm.so",
      "libxml2.so.2",
    ]);
    for (const name of names)
      for (const needed of libraries[name] ?? [])
        if (names.includes(needed)) expect(names.indexOf(needed)).toBeLessThan(names.indexOf(name));
  });

  it("ends where libraries need each other", () => {
    expect(ordered(["liba.so"]).sort()).toEqual(["liba.so", "libb.so"]);
  });
});
