// `npm run readers`: other people's readers of our formats, for the tests: Python with xarray and zarr out of the
// distribution's own packages, unpacked for one user without root into ~/.cache/mppc/readers.
import { execFileSync } from "node:child_process";
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
import { setUp } from "./setup.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Python packages, and the libraries that these and the interpreter load. */
const MODULES = [
  "xarray", "zarr", "numcodecs", "numpy", "pandas", "pandas-lib", "asciitree", "fasteners", "monotonic", "packaging",
  "dateutil", "tz", "six", "entrypoints", "typing-extensions", "pkg-resources",
]; // prettier-ignore
const LIBRARIES = [
  "libblas3", "liblapack3", "libgfortran5", "libquadmath0", "libblosc1", "liblz4-1", "libzstd1", "libsnappy1v5",
  "libexpat1", "zlib1g", "libffi8", "libbz2-1.0", "liblzma5", "libuuid1", "libssl3",
]; // prettier-ignore
const INTERPRETER = /^(lib)?python3\.\d+-(minimal|stdlib)$/;
/** What they must be able to do before they are put in place. */
const TRIAL = "import xarray, zarr, pandas, numcodecs; print(zarr.__version__)";

/** How to start Python in a folder of unpacked packages. */
function python(root) {
  const bin = join(root, "usr", "bin");
  const file = join(bin, readdirSync(bin).find((name) => /^python3\.\d+$/.test(name)) ?? "python3");
  const triplet = readdirSync(join(root, "usr", "lib")).find((name) => name.includes("-linux-")) ?? "";
  const lib = join(root, "usr", "lib", triplet);
  const libraries = [lib, join(root, "lib", triplet), join(lib, "blas"), join(lib, "lapack")];
  return {
    file,
    env: {
      PYTHONHOME: join(root, "usr"),
      PYTHONPATH: join(root, "usr", "lib", "python3", "dist-packages"),
      LD_LIBRARY_PATH: libraries.join(":"),
    },
  };
}

/** Downloads and unpacks them, unless they are there. Throws an Error that says why it cannot be done. */
export async function installReaders(say) {
  const built = (name) => import(pathToFileURL(join(ROOT, "dist", "runtime", name)).href);
  const { softwareVulkanDirectory } = await built("vulkan.js");
  const directory = join(dirname(softwareVulkanDirectory()), "readers");
  const manifest = join(directory, "install.json");
  if (existsSync(manifest)) return;
  const { apt, execute, parseSimulation, prepareApt } = await built("vulkan-apt.js");
  const { parseDistribution, readSources, selectSources } = await built("vulkan-sources.js");
  const must = (result) => {
    if (!result.ok) throw new Error(result.reason);
    return result.output;
  };
  const distribution = parseDistribution(readFileSync("/etc/os-release", "utf8"));
  if (distribution === null) throw new Error("this is neither Debian nor Ubuntu");
  const selection = selectSources(readSources(), distribution);
  if (!selection.ok) throw new Error(selection.reason);
  mkdirSync(dirname(directory), { recursive: true });
  const work = mkdtempSync(`${directory}.partial-`);
  try {
    const view = prepareApt(join(work, "apt"), selection.text, undefined);
    // As on a machine that has nothing: what is installed here may be of other versions.
    const status = join(work, "status");
    writeFileSync(status, "");
    const all = { ...view, options: [...view.options, "-o", `Dir::State::status=${status}`] };
    say(`Reading the package lists of ${distribution.name} ...`);
    must(await apt("apt-get", all, ["update"]));
    const names = ["python3", ...MODULES.map((name) => `python3-${name}`), ...LIBRARIES];
    const available = parseSimulation(must(await apt("apt-get", all, ["-s", "install", ...names])));
    const packages = [...available.values()].filter(
      ({ name }) => INTERPRETER.test(name) || (names.includes(name) && name !== "python3"),
    );
    say(`Downloading ${packages.length} packages of Python, xarray and zarr ...`);
    must(
      await apt("apt-get", all, ["download", ...packages.map(({ name, version }) => `${name}=${version}`)]),
    );
    const root = join(work, "root");
    mkdirSync(root);
    for (const file of readdirSync(view.directory).filter((name) => name.endsWith(".deb")))
      must(await execute("dpkg-deb", ["-x", file, root], view.directory));
    const { file, env } = python(root);
    const version = execFileSync(file, ["-c", TRIAL], { env: { ...process.env, ...env }, encoding: "utf8" });
    writeFileSync(
      join(root, "packages.txt"),
      packages.map(({ name, version: v }) => `${name} ${v}\n`).join(""),
    );
    rmSync(directory, { recursive: true, force: true });
    renameSync(root, directory);
    writeFileSync(manifest, `${JSON.stringify(python(directory), null, 2)}\n`);
    say(`Python with zarr ${version.trim()} is in ${directory}.`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp();
  await installReaders((line) => process.stderr.write(`${line}\n`));
}
