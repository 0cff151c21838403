// `npm run readers`: other people's readers of our formats, for the tests: Python with xarray and zarr out of the
// distribution's own packages, unpacked for one user without root into ~/.cache/mppc/readers.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findUnpacked, unpackPackages } from "./packages.mjs";
import { setUp } from "./setup.mjs";

/** Python packages, and the libraries that these and the interpreter load. */
const MODULES = [
  "xarray", "zarr", "numcodecs", "numpy", "pandas", "pandas-lib", "asciitree", "fasteners", "monotonic", "packaging",
  "dateutil", "tz", "six", "entrypoints", "typing-extensions", "pkg-resources",
]; // prettier-ignore
const LIBRARIES = [
  "libblas3", "liblapack3", "libgfortran5", "libquadmath0", "libblosc1", "liblz4-1", "libzstd1", "libsnappy1v5",
  "libexpat1", "zlib1g", "libffi8", "libbz2-1.0", "liblzma5", "libuuid1", "libssl3",
]; // prettier-ignore
const NAMES = [...MODULES.map((name) => `python3-${name}`), ...LIBRARIES];
const INTERPRETER = /^(lib)?python3\.\d+-(minimal|stdlib)$/;

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
  if ((await findUnpacked("readers")) !== null) return;
  const packages = {
    name: "readers",
    title: "Python with xarray and zarr",
    wanted: ["python3", ...NAMES],
    // What is installed here may be of other versions.
    take: (name) => INTERPRETER.test(name) || NAMES.includes(name),
    start: python,
    check: ({ file, env }) =>
      void execFileSync(file, ["-c", "import xarray, zarr, pandas, numcodecs"], {
        env: { ...process.env, ...env },
        stdio: "pipe",
      }),
  };
  await unpackPackages(packages, say);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp();
  await installReaders((line) => process.stderr.write(`${line}\n`));
}
