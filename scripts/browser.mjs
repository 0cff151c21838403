// `npm run browser`: a headless Chromium for tests and figures: the system's, or one out of the distribution's own packages,
// unpacked for one user without root into ~/.cache/mppc/chromium.
import { execFileSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { setUp } from "./setup.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const built = (name) => import(pathToFileURL(join(ROOT, "dist", "runtime", name)).href);

/** Names of browsers that will do, as they are on the PATH. */
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/** What is unpacked: the browser, a font, and the libraries that they need and the system lacks. */
const PACKAGES = ["chromium", "chromium-common", "fonts-dejavu-core", "fontconfig-config"];

const isProgram = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const cacheFolder = async () =>
  join(dirname((await built("vulkan.js")).softwareVulkanDirectory()), "chromium");

/** The browser's program and the variables that it takes; null where there is none. */
export async function findBrowser() {
  const manifest = join(await cacheFolder(), "install.json");
  if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, "utf8"));
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const file = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram);
  return file === undefined ? null : { file, env: {} };
}

/** How to start the browser in a folder of unpacked packages. */
function unpacked(root) {
  const share = join(root, "usr", "lib");
  const triplet = readdirSync(share).find((name) => name.includes("-linux-")) ?? "";
  const libraries = [join(share, triplet), join(root, "lib", triplet), join(share, triplet, "nss")];
  return {
    file: join(share, "chromium", "chromium"),
    env: { LD_LIBRARY_PATH: libraries.join(":"), FONTCONFIG_FILE: join(root, "fonts.conf") },
  };
}

/** The unpacked fonts beside those of the system. */
const fontsConfiguration = (root) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${join(root, "usr", "share", "fonts")}</dir>
  <cachedir>${join(root, "font-cache")}</cachedir>
</fontconfig>
`;

/** Makes sure that there is one. Throws an Error that says why it cannot be had. */
export async function installBrowser(say) {
  if ((await findBrowser()) !== null) return;
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
  const directory = await cacheFolder();
  mkdirSync(dirname(directory), { recursive: true });
  const work = mkdtempSync(`${directory}.partial-`);
  try {
    const view = prepareApt(join(work, "apt"), selection.text, undefined);
    say(`Reading the package lists of ${distribution.name} ...`);
    must(await apt("apt-get", view, ["update"]));
    // All that it depends on, as on a machine that has nothing; what is here already is left out by its name.
    const status = join(work, "status");
    writeFileSync(status, "");
    const bare = { ...view, options: [...view.options, "-o", `Dir::State::status=${status}`] };
    const all = parseSimulation(must(await apt("apt-get", bare, ["-s", "install", ...PACKAGES])));
    const known = must(await execute("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\\n"], work));
    const present = new Set([...known.matchAll(/^(\S+) installed$/gm)].map(([, name]) => name));
    const packages = [...all.values()].filter(
      ({ name }) => PACKAGES.includes(name) || (/^lib/.test(name) && !present.has(name)),
    );
    const wanted = packages.map(({ name, version }) => `${name}=${version}`);
    const size = parseSizes(must(await apt("apt-get", view, ["--print-uris", "download", ...wanted])));
    say(`Downloading Chromium, ${wanted.length} packages, ${(size / 1e6).toFixed(1)} MB ...`);
    must(await apt("apt-get", view, ["download", ...wanted]));
    const root = join(work, "root");
    mkdirSync(root);
    for (const file of readdirSync(view.directory).filter((name) => name.endsWith(".deb")))
      must(await execute("dpkg-deb", ["-x", file, root], view.directory));
    rmSync(directory, { recursive: true, force: true });
    renameSync(root, directory);
    writeFileSync(join(directory, "fonts.conf"), fontsConfiguration(directory));
    const { file, env } = unpacked(directory);
    const trial = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--dump-dom",
      "data:text/html,<p>drawn</p>",
    ];
    const shown = execFileSync(file, trial, {
      env: { ...process.env, ...env },
      encoding: "utf8",
      stdio: "pipe",
    });
    if (!shown.includes("drawn")) throw new Error("the unpacked Chromium shows nothing");
    writeFileSync(join(directory, "install.json"), `${JSON.stringify({ file, env }, null, 2)}\n`);
    say(`Chromium is in ${directory}.`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp();
  await installBrowser((line) => process.stderr.write(`${line}\n`));
}
