// Where the private driver is looked for, when it counts as installed, and that a process finds it without being told.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  cacheDirectory,
  driverManifestPath,
  driverManifests,
  installedSoftwareVulkan,
  libraryDirectory,
  loadLibrary,
  manifestPath,
  softwareVulkanDirectory,
  softwareVulkanEnvironment,
  type SoftwareVulkan,
} from "../../src/runtime/vulkan.js";
import { temporaryDirectory, transpile } from "./transpile.js";

const MANIFEST: SoftwareVulkan = {
  format: 1,
  mesa: "25.0.7-2",
  packages: ["mesa-vulkan-drivers 25.0.7-2"],
  libraries: ["libvulkan.so.1", "libvulkan_lvp.so"],
  bytes: 10,
};

/** A folder that looks like an installation. */
function installation(manifest: unknown = MANIFEST): string {
  const directory = temporaryDirectory();
  mkdirSync(libraryDirectory(directory));
  for (const name of MANIFEST.libraries) writeFileSync(join(libraryDirectory(directory), name), "");
  mkdirSync(join(directory, "icd.d"));
  writeFileSync(driverManifestPath(directory), "{}");
  writeFileSync(manifestPath(directory), JSON.stringify(manifest));
  return directory;
}

describe("the installation's place", () => {
  it("is in the user's cache", () => {
    expect(cacheDirectory({})).toBe(join(homedir(), ".cache", "mppc"));
    expect(softwareVulkanDirectory({ XDG_CACHE_HOME: "/caches" })).toBe("/caches/mppc/vulkan");
    expect(cacheDirectory({ XDG_CACHE_HOME: "relative" })).toBe(join(homedir(), ".cache", "mppc"));
  });
});

describe("an installation", () => {
  it("counts when it is whole", () => {
    expect(installedSoftwareVulkan(installation())).toEqual(MANIFEST);
  });

  it.each([
    ["nothing", (d: string) => rmSync(d, { recursive: true })],
    ["no manifest", (d: string) => rmSync(manifestPath(d))],
    ["a manifest cut short", (d: string) => writeFileSync(manifestPath(d), '{ "format": 1, "libr')],
    ["a library missing", (d: string) => rmSync(join(libraryDirectory(d), "libvulkan_lvp.so"))],
    ["no driver manifest", (d: string) => rmSync(driverManifestPath(d))],
  ])("does not count with %s", (_, damage) => {
    const directory = installation();
    damage(directory);
    expect(installedSoftwareVulkan(directory)).toBeNull();
    expect(softwareVulkanEnvironment(directory)).toBeNull();
  });

  it("does not count with a manifest of another format", () => {
    expect(installedSoftwareVulkan(installation({ ...MANIFEST, format: 2 }))).toBeNull();
    expect(installedSoftwareVulkan(installation([]))).toBeNull();
  });

  it("comes before the folders and drivers that the environment names already, once", () => {
    const directory = installation();
    const lib = libraryDirectory(directory);
    const icd = driverManifestPath(directory);
    expect(softwareVulkanEnvironment(directory, {})).toEqual({
      LD_LIBRARY_PATH: lib,
      VK_ADD_DRIVER_FILES: icd,
    });
    const before = { LD_LIBRARY_PATH: `/a:${lib}`, VK_ADD_DRIVER_FILES: "/b.json" };
    expect(softwareVulkanEnvironment(directory, before)).toEqual({
      LD_LIBRARY_PATH: `${lib}:/a`,
      VK_ADD_DRIVER_FILES: `${icd}:/b.json`,
    });
  });
});

describe("driver manifests", () => {
  it("are those that the variables name, and no others", () => {
    expect(driverManifests({ VK_DRIVER_FILES: "/a.json:/b.json" })).toEqual(["/a.json", "/b.json"]);
    expect(driverManifests({ VK_ICD_FILENAMES: "/old.json" })).toEqual(["/old.json"]);
  });

  it("are searched for in the loader's folders, each once", () => {
    const root = temporaryDirectory();
    const folder = join(root, "vulkan", "icd.d");
    mkdirSync(folder, { recursive: true });
    for (const name of ["b.json", "a.json", "readme.txt"]) writeFileSync(join(folder, name), "{}");
    const env = { XDG_DATA_DIRS: `${root}:/nowhere`, XDG_CONFIG_DIRS: "/nowhere", XDG_DATA_HOME: "/nowhere" };
    const added = join(folder, "a.json");
    expect(driverManifests({ ...env, VK_ADD_DRIVER_FILES: added })).toEqual(
      expect.arrayContaining([added, join(folder, "b.json")]),
    );
    const found = driverManifests({ ...env, VK_ADD_DRIVER_FILES: added });
    expect(found.filter((path) => path === added)).toHaveLength(1);
  });
});

describe.skipIf(process.platform !== "linux")("a library", () => {
  it("that is not there is said to be missing", () => {
    expect(loadLibrary("/nowhere/libnone.so")).toMatch(/cannot open shared object file/);
  });

  it("that is no add-on of Node is loaded all the same", () => {
    expect(loadLibrary("libm.so.6")).toBeNull();
  });
});

describe.skipIf(installedSoftwareVulkan() === null)("a fresh process", () => {
  const script = (vulkan: string): string =>
    `import { useSoftwareVulkan } from ${JSON.stringify(vulkan)};
     import { create } from "webgpu";
     const before = process.argv[2] === "late" ? await create([]).requestAdapter() : null;
     const use = useSoftwareVulkan();
     const adapter = await create([]).requestAdapter();
     console.log(JSON.stringify({ use, before: before === null, found: adapter?.info.description }));`;

  // "late": Dawn has looked for an adapter before, in vain, and looks again.
  it.each(["early", "late"])("finds the driver with no variable set (%s)", (when) => {
    const directory = temporaryDirectory();
    const target = transpile(directory, ["src/runtime/vulkan.ts"]);
    const main = join(directory, "main.mjs");
    writeFileSync(main, script(target("src/runtime/vulkan.ts")));
    const env: NodeJS.ProcessEnv = { ...process.env };
    for (const name of ["LD_LIBRARY_PATH", "VK_ADD_DRIVER_FILES", "VK_DRIVER_FILES", "VK_ICD_FILENAMES"])
      Reflect.deleteProperty(env, name);
    const { stdout, stderr } = spawnSync(process.execPath, [main, when], { env, encoding: "utf8" });
    const result: unknown = JSON.parse(stdout === "" ? JSON.stringify({ stderr }) : stdout);
    expect(result).toMatchObject({ use: { ok: true }, found: expect.any(String) as string });
  });
});
