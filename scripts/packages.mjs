// Programs out of the distribution's own packages, unpacked for one user without root into ~/.cache/mppc.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const built = (name) => import(pathToFileURL(join(ROOT, "dist", "runtime", name)).href);

const folderOf = async (name) => join(dirname((await built("vulkan.js")).softwareVulkanDirectory()), name);

/** How to start what was unpacked under this name: its program and the variables that it takes; null where it is not. */
export async function findUnpacked(name) {
  const manifest = join(await folderOf(name), "install.json");
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")) : null;
}

/**
 * Downloads and unpacks packages as `name`: of all that `wanted` depend on, as on a machine that has nothing, those that
 * `take` is true for (a package's name, and whether the system has it). `prepare` may add files; `start` says how to start
 * what lies in a folder, and `check` throws where that does not work. Throws an Error that says why it cannot be had.
 */
export async function unpackPackages({ name, title, wanted, take, prepare, start, check }, say) {
  const { apt, execute, parseSimulation, parseSizes, prepareApt } = await built("vulkan-apt.js");
  const { parseDistribution, readSources, selectSources } = await built("vulkan-sources.js");
  const must = (result) => {
    if (!result.ok) throw new Error(result.reason);
    return result.output;
  };
  const distribution = parseDistribution(readFileSync("/etc/os-release", "utf8"));
  if (distribution === null) throw new Error("this is neither Debian nor Ubuntu");
  const selection = selectSources(readSources(), distribution);
  if (!selection.ok) throw new Error(selection.reason);
  const directory = await folderOf(name);
  mkdirSync(dirname(directory), { recursive: true });
  const work = mkdtempSync(`${directory}.partial-`);
  try {
    const view = prepareApt(join(work, "apt"), selection.text, undefined);
    const status = join(work, "status");
    writeFileSync(status, "");
    const bare = { ...view, options: [...view.options, "-o", `Dir::State::status=${status}`] };
    say(`Reading the package lists of ${distribution.name} ...`);
    must(await apt("apt-get", bare, ["update"]));
    const all = parseSimulation(must(await apt("apt-get", bare, ["-s", "install", ...wanted])));
    const known = must(await execute("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\\n"], work));
    const present = new Set([...known.matchAll(/^(\S+) installed$/gm)].map(([, installed]) => installed));
    const packages = [...all.values()].filter((each) => take(each.name, present.has(each.name)));
    const exact = packages.map((each) => `${each.name}=${each.version}`);
    const size = parseSizes(must(await apt("apt-get", bare, ["--print-uris", "download", ...exact])));
    say(`Downloading ${title}, ${exact.length} packages, ${(size / 1e6).toFixed(1)} MB ...`);
    must(await apt("apt-get", bare, ["download", ...exact]));
    const root = join(work, "root");
    mkdirSync(root);
    for (const file of readdirSync(view.directory).filter((each) => each.endsWith(".deb")))
      must(await execute("dpkg-deb", ["-x", file, root], view.directory));
    writeFileSync(join(root, "packages.txt"), exact.map((each) => `${each}\n`).join(""));
    rmSync(directory, { recursive: true, force: true });
    renameSync(root, directory);
    prepare?.(directory);
    check(start(directory));
    // Written last: where it is, the rest is.
    writeFileSync(join(directory, "install.json"), `${JSON.stringify(start(directory), null, 2)}\n`);
    say(`${title} is in ${directory}.`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
