// `npm run browser`: a headless Chromium for tests and figures: the system's, or one out of the distribution's own packages,
// unpacked for one user without root into ~/.cache/mppc/chromium.
import { execFileSync } from "node:child_process";
import { accessSync, constants, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findUnpacked, unpackPackages } from "./packages.mjs";
import { setUp } from "./setup.mjs";

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

/** The browser's program and the variables that it takes; null where there is none. */
export async function findBrowser() {
  const own = await findUnpacked("chromium");
  if (own !== null) return own;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const file = folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram);
  return file === undefined ? null : { file, env: {} };
}

/** How to start the browser in a folder of unpacked packages. */
function chromium(root) {
  const share = join(root, "usr", "lib");
  const triplet = readdirSync(share).find((name) => name.includes("-linux-")) ?? "";
  const own = join(share, triplet);
  // Some packages keep libraries in a folder of their own, which they find by themselves only in the system's place.
  const folders = readdirSync(own, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const libraries = [own, join(root, "lib", triplet), ...folders.map(({ name }) => join(own, name))];
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
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <cachedir>${join(root, "font-cache")}</cachedir>
</fontconfig>
`;

/** Throws where the browser shows nothing. */
function checkShows({ file, env }) {
  const page = "data:text/html,<p>drawn</p>";
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", page];
  const shown = execFileSync(file, args, {
    env: { ...process.env, ...env },
    encoding: "utf8",
    stdio: "pipe",
  });
  if (!shown.includes("drawn")) throw new Error("the unpacked Chromium shows nothing");
}

/** Makes sure that there is one. Throws an Error that says why it cannot be had. */
export async function installBrowser(say) {
  if ((await findBrowser()) !== null) return;
  const packages = {
    name: "chromium",
    title: "Chromium",
    wanted: PACKAGES,
    take: (name, isInstalled) => PACKAGES.includes(name) || (/^lib/.test(name) && !isInstalled),
    prepare: (root) => writeFileSync(join(root, "fonts.conf"), fontsConfiguration(root)),
    start: chromium,
    check: checkShows,
  };
  await unpackPackages(packages, say);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp();
  await installBrowser((line) => process.stderr.write(`${line}\n`));
}
