// Installs Mesa's software Vulkan driver for one user, without root, out of the distribution's own packages.
import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  apt,
  execute,
  packagesToFetch,
  parseCandidate,
  parseDependencies,
  parseSimulation,
  parseSizes,
  prepareApt,
  type Apt,
  type Package,
} from "./vulkan-apt.js";
import { loadOrder } from "./vulkan-elf.js";
import { parseDistribution, readSources, selectSources, type Distribution } from "./vulkan-sources.js";
import {
  DRIVER,
  driverManifestPath,
  installedSoftwareVulkan,
  libraryDirectory,
  manifestPath,
  softwareVulkanDirectory,
  softwareVulkanEnvironment,
  type SoftwareVulkan,
} from "./vulkan.js";

export type Installation =
  { readonly ok: true; readonly directory: string } | { readonly ok: false; readonly reason: string };

export type InstallOptions = {
  /** Install anew, over what is there. */
  readonly force?: boolean;
  /** Where to; by default where mppc looks for it. */
  readonly directory?: string;
};

/** The oldest Mesa whose lavapipe has all that Dawn requires of an adapter. */
const OLDEST_MESA = 24;
const ROOTS = ["mesa-vulkan-drivers", "libvulkan1"];
const ARCHITECTURES: readonly string[] = ["x64", "arm64"];

/** A reason why it cannot be done, on its way to `installSoftwareVulkan`, which returns it. */
class Refusal extends Error {
  override readonly name = "Refusal";
}

const refuse = (reason: string): never => {
  throw new Refusal(reason);
};

/** What the command printed, or a refusal. */
const output = (result: Awaited<ReturnType<typeof execute>>): string =>
  result.ok ? result.output : refuse(result.reason);

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * Installs the driver into its folder and makes sure, in a fresh process, that Dawn gets an adapter from it.
 * The folder appears whole or not at all, whoever else is installing; a whole one is left as it is without `force`.
 * `report` is given lines for a person.
 */
export async function installSoftwareVulkan(
  report: (line: string) => void,
  { force = false, directory = softwareVulkanDirectory() }: InstallOptions = {},
): Promise<Installation> {
  const present = force ? null : installedSoftwareVulkan(directory);
  if (present !== null) {
    report(`Software Vulkan (Mesa ${present.mesa}) is already installed in ${directory}.`);
    return { ok: true, directory };
  }
  let work: string | undefined;
  try {
    const distribution = supportedDistribution();
    mkdirSync(dirname(directory), { recursive: true });
    removeAbandoned(directory);
    work = mkdtempSync(`${directory}.partial-`);
    const built = await build(work, distribution, report);
    report("Trying the driver ...");
    const adapter = await probe(built);
    const manifest = installedSoftwareVulkan(built);
    putInPlace(built, directory, force);
    report(
      `Software Vulkan (Mesa ${manifest?.mesa ?? ""}) is installed in ${directory} ` +
        `(${megabytes(manifest?.bytes ?? 0)}); Dawn finds '${adapter}'.`,
    );
    return { ok: true, directory };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.message };
    if (error instanceof Error && "syscall" in error) return { ok: false, reason: error.message };
    throw error;
  } finally {
    if (work !== undefined) rmSync(work, { recursive: true, force: true });
  }
}

function supportedDistribution(): Distribution {
  if (process.platform !== "linux")
    return refuse(
      "software Vulkan is for Linux; on this system WebGPU uses the system's own graphics interface",
    );
  if (!ARCHITECTURES.includes(process.arch))
    return refuse(`WebGPU is not built for this processor ('${process.arch}')`);
  const file = "/etc/os-release";
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return (
    parseDistribution(text) ??
    refuse(
      "this is neither Debian nor Ubuntu; install Mesa's Vulkan drivers (24 or newer, with lavapipe) and the Vulkan " +
        "loader with the system's own package manager",
    )
  );
}

/** Downloads, unpacks and arranges the driver below `work`; gives the folder that is to be put in place. */
async function build(
  work: string,
  distribution: Distribution,
  report: (line: string) => void,
): Promise<string> {
  const selection = selectSources(readSources(), distribution);
  if (!selection.ok) return refuse(selection.reason);
  const view = prepareApt(join(work, "apt"), selection.text, selection.prefer);
  report(`Reading the package lists of ${distribution.name} ...`);
  output(await apt("apt-get", view, ["update"]));
  const packages = await choosePackages(view, distribution);
  const specifications = packages.map(({ name, version }) => `${name}=${version}`);
  const size = parseSizes(
    output(await apt("apt-get", view, ["--print-uris", "download", ...specifications])),
  );
  const count = packages.length === 1 ? "one package" : `${packages.length} packages`;
  report(`Downloading ${count}, ${megabytes(size)}: ${packages.map(({ name }) => name).join(", ")} ...`);
  output(await apt("apt-get", view, ["download", ...specifications]));
  report("Unpacking ...");
  const root = join(work, "root");
  mkdirSync(root);
  for (const file of readdirSync(view.directory).filter((name) => name.endsWith(".deb")))
    output(await execute("dpkg-deb", ["-x", file, root], view.directory));
  return arrange(root, join(work, "vulkan"), packages);
}

async function choosePackages(view: Apt, { name }: Distribution): Promise<Package[]> {
  const roots: Package[] = [];
  for (const root of ROOTS) {
    const version = parseCandidate(output(await apt("apt-cache", view, ["policy", root])));
    roots.push({ name: root, version: version ?? refuse(`${name} has no package '${root}'`) });
  }
  const mesa = roots[0]?.version ?? "";
  if (majorVersion(mesa) < OLDEST_MESA)
    return refuse(`${name} has Mesa ${mesa}, which is too old: ${OLDEST_MESA} or newer is needed`);
  const simulation = output(await apt("apt-get", view, ["-s", "install", ...ROOTS]));
  const relations = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"];
  const only = relations.map((relation) => `--no-${relation}`);
  const depends = output(await apt("apt-cache", view, ["depends", "--recurse", ...only, ...ROOTS]));
  return packagesToFetch(roots, parseSimulation(simulation), parseDependencies(depends));
}

/** Mesa's major version in a package version, "1:25.0.7-2~bpo12+1" (an epoch may precede it). */
const majorVersion = (version: string): number => Number(/^(?:\d+:)?(\d+)/.exec(version)?.[1] ?? 0);

/** Every shared library below a folder by file name; of two with one name the first found serves. */
function librariesBelow(root: string): ReadonlyMap<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /\.so(\.|$)/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    // A package may hold a link into one that the system has already.
    .filter((path) => existsSync(path));
  return new Map(files.reverse().map((path) => [basename(path), path]));
}

/**
 * Copies out of the unpacked packages what the driver needs, and no more, into `directory`:
 * `lib/` (flat), `icd.d/lvp_icd.json`, and, last, `install.json`.
 */
function arrange(root: string, directory: string, packages: readonly Package[]): string {
  const libraries = librariesBelow(root);
  const driver = libraries.get(DRIVER);
  if (driver === undefined) return refuse(`the package '${ROOTS.join("', '")}' holds no ${DRIVER}`);
  const ordered = loadOrder(["libvulkan.so.1", DRIVER], (name) => libraries.get(name));
  const lib = libraryDirectory(directory);
  mkdirSync(lib, { recursive: true });
  let bytes = 0;
  for (const [name, path] of ordered) {
    copyFileSync(realpathSync(path), join(lib, name));
    bytes += statSync(join(lib, name)).size;
  }
  const icd = driverManifestPath(directory);
  mkdirSync(dirname(icd), { recursive: true });
  // The loader takes a path with a slash as relative to the manifest, so the folder may be renamed.
  const manifest = {
    file_format_version: "1.0.0",
    ICD: { library_path: `../lib/${DRIVER}`, api_version: apiVersion(root) },
  };
  writeFileSync(icd, `${JSON.stringify(manifest, null, 2)}\n`);
  const installed: SoftwareVulkan = {
    format: 1,
    mesa: packages.find(({ name }) => name === ROOTS[0])?.version ?? "",
    packages: packages.map(({ name, version }) => `${name} ${version}`),
    libraries: [...ordered.keys()],
    bytes,
  };
  writeFileSync(manifestPath(directory), `${JSON.stringify(installed, null, 2)}\n`);
  return directory;
}

/** The Vulkan version in the package's own driver manifest, `lvp_icd.json` or `lvp_icd.x86_64.json`. */
function apiVersion(root: string): string {
  const folder = join(root, "usr", "share", "vulkan", "icd.d");
  const name = readdirSync(folder).find((file) => file.startsWith("lvp_icd"));
  const text = name === undefined ? "" : readFileSync(join(folder, name), "utf8");
  return /"api_version"\s*:\s*"([\d.]+)"/.exec(text)?.[1] ?? "1.3.0";
}

/** Looks, in a fresh process that knows this one driver only, for an adapter; gives its description. */
async function probe(directory: string): Promise<string> {
  const webgpu = pathToFileURL(createRequire(import.meta.url).resolve("webgpu")).href;
  const code = `const { create } = await import(${JSON.stringify(webgpu)});
    const adapter = await create([]).requestAdapter();
    if (adapter === null) throw new Error("no adapter");
    await adapter.requestDevice();
    process.stdout.write(adapter.info.description);`;
  const environment = {
    ...process.env,
    ...softwareVulkanEnvironment(directory),
    VK_DRIVER_FILES: driverManifestPath(directory),
  };
  return new Promise((resolve, reject) => {
    const options = { env: environment, timeout: 60_000 };
    execFile(process.execPath, ["--input-type=module", "-e", code], options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout.trim());
      const lines = stderr.trim().split("\n");
      const said = lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? "";
      reject(new Refusal(`the driver was unpacked, but WebGPU gets no adapter from it: ${said}`));
    });
  });
}

/** Renames `built` to `directory`. If another process was faster, its installation stays, unless `force`. */
function putInPlace(built: string, directory: string, force: boolean): void {
  if (existsSync(directory) && (force || installedSoftwareVulkan(directory) === null)) {
    const old = mkdtempSync(`${directory}.partial-`);
    renameSync(directory, join(old, "old"));
    renameSync(built, directory);
    rmSync(old, { recursive: true, force: true });
    return;
  }
  try {
    renameSync(built, directory);
  } catch (error) {
    if (installedSoftwareVulkan(directory) === null) throw error;
  }
}

const ABANDONED_AFTER_MS = 3_600_000;

/** Removes what installations that were killed have left behind. */
function removeAbandoned(directory: string): void {
  const parent = dirname(directory);
  for (const name of readdirSync(parent).filter((n) => n.startsWith(`${basename(directory)}.partial-`))) {
    const path = join(parent, name);
    if (Date.now() - statSync(path).mtimeMs > ABANDONED_AFTER_MS)
      rmSync(path, { recursive: true, force: true });
  }
}
