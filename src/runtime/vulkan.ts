// The privately installed software Vulkan driver: where it is, whether it is whole, and how this process comes to use it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** What `install.json` says of an installation; it is written last, before the folder gets its final name. */
export type SoftwareVulkan = {
  readonly format: 1;
  /** Mesa's package version, "25.0.7-2~bpo12+1". */
  readonly mesa: string;
  /** Every package it was unpacked from, "name version". */
  readonly packages: readonly string[];
  /** File names in `lib/`, each after the ones it needs; the driver itself is last. */
  readonly libraries: readonly string[];
  readonly bytes: number;
};

const MANIFEST = "install.json";
const LOADER = "libvulkan.so.1";
export const DRIVER = "libvulkan_lvp.so";

/** `$XDG_CACHE_HOME/mppc`, by default `~/.cache/mppc`. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env["XDG_CACHE_HOME"];
  // The XDG specification says that a relative path is to be ignored.
  return join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "mppc");
}

/** Where the software Vulkan driver is installed, or would be. */
export const softwareVulkanDirectory = (env: NodeJS.ProcessEnv = process.env): string =>
  join(cacheDirectory(env), "vulkan");

export const manifestPath = (directory: string): string => join(directory, MANIFEST);
export const libraryDirectory = (directory: string): string => join(directory, "lib");
export const driverManifestPath = (directory: string): string => join(directory, "icd.d", "lvp_icd.json");

function isManifest(value: unknown): value is SoftwareVulkan {
  return (
    typeof value === "object" &&
    value !== null &&
    "format" in value &&
    value.format === 1 &&
    "libraries" in value &&
    Array.isArray(value.libraries) &&
    value.libraries.every((name) => typeof name === "string")
  );
}

/** The installation in `directory`, or null if there is none or one of its files is missing. */
export function installedSoftwareVulkan(
  directory: string = softwareVulkanDirectory(),
): SoftwareVulkan | null {
  let manifest: unknown;
  try {
    manifest = JSON.parse(readFileSync(manifestPath(directory), "utf8"));
  } catch {
    return null;
  }
  if (!isManifest(manifest) || !existsSync(driverManifestPath(directory))) return null;
  const complete = manifest.libraries.every((name) => existsSync(join(libraryDirectory(directory), name)));
  return complete ? manifest : null;
}

/**
 * The variables with which another program, started with them, finds the installed driver; null if there is none.
 * mppc itself needs none of them: see `useSoftwareVulkan`.
 */
export function softwareVulkanEnvironment(
  directory: string = softwareVulkanDirectory(),
  env: NodeJS.ProcessEnv = process.env,
): Record<string, string> | null {
  if (installedSoftwareVulkan(directory) === null) return null;
  return {
    LD_LIBRARY_PATH: prepend(libraryDirectory(directory), env["LD_LIBRARY_PATH"]),
    VK_ADD_DRIVER_FILES: prepend(driverManifestPath(directory), env["VK_ADD_DRIVER_FILES"]),
  };
}

/** The colon-separated list `rest` with `path` in front, once. */
const prepend = (path: string, rest: string | undefined): string =>
  [path, ...(rest ?? "").split(":").filter((other) => other !== "" && other !== path)].join(":");

// dlopen's flags in glibc: resolve symbols when first called; stay loaded though Node closes what is no add-on.
const RTLD_LAZY = 0x1;
const RTLD_NODELETE = 0x1000;

/** Loads a shared library for the life of this process: null if it worked, else what the dynamic linker said. */
export function loadLibrary(file: string): string | null {
  try {
    process.dlopen({ exports: {} }, file, RTLD_LAZY | RTLD_NODELETE);
    return null;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    // The library is loaded; Node only adds that it is not one of its own add-ons.
    return said.includes("did not self-register") ? null : said;
  }
}

export type Use = { readonly ok: true } | { readonly ok: false; readonly reason: string };

let used: Use | undefined;

/**
 * Makes the installed driver available to this process, whatever it was started with: the loader looks a library up
 * by its name among those already loaded before it searches any folder, so loading them here by absolute path,
 * each after those it needs, does what LD_LIBRARY_PATH would have done had it been set before the start.
 * Real GPUs' drivers stay available. Call it before Dawn is asked for an adapter; calling it again does nothing.
 */
export function useSoftwareVulkan(): Use {
  used ??= use(softwareVulkanDirectory());
  return used;
}

function use(directory: string): Use {
  const installed = installedSoftwareVulkan(directory);
  if (installed === null) return { ok: false, reason: "no software Vulkan driver is installed" };
  for (const name of installed.libraries) {
    const failure = loadLibrary(join(libraryDirectory(directory), name));
    if (failure !== null)
      return { ok: false, reason: `the software Vulkan driver in ${directory} does not load: ${failure}` };
  }
  process.env["VK_ADD_DRIVER_FILES"] = prepend(
    driverManifestPath(directory),
    process.env["VK_ADD_DRIVER_FILES"],
  );
  return { ok: true };
}

/** Whether the system has a Vulkan loader of its own; without one, Dawn on Linux finds no adapter and complains. */
export function systemHasVulkan(): boolean {
  return process.platform !== "linux" || loadLibrary(LOADER) === null;
}

/**
 * The driver manifests (`*.json`) that the Vulkan loader would read by itself: those of the variables that name some,
 * and those in the folders of its search (Vulkan loader interface, "Driver Discovery on Linux").
 */
export function driverManifests(env: NodeJS.ProcessEnv = process.env): string[] {
  const paths = (value: string | undefined): string[] =>
    (value ?? "").split(":").filter((path) => path !== "");
  const exclusive = paths(env["VK_DRIVER_FILES"] ?? env["VK_ICD_FILENAMES"]);
  if (exclusive.length > 0) return exclusive;
  const roots = [
    ...paths(env["XDG_CONFIG_DIRS"] ?? "/etc/xdg"),
    "/etc",
    env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share"),
    ...paths(env["XDG_DATA_DIRS"] ?? "/usr/local/share:/usr/share"),
  ];
  const found = roots.flatMap((root) => manifestsIn(join(root, "vulkan", "icd.d")));
  return [...new Set([...paths(env["VK_ADD_DRIVER_FILES"]), ...found])];
}

function manifestsIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}
