// Brings a fresh clone to where `mppc` runs: dependencies, build, a device. Uses Node alone, as nothing else is there yet.
// The syntax is kept to what old versions of Node can read, so that they get to the sentence that refuses them.
import { spawnSync } from "child_process";
import { existsSync, lstatSync, readdirSync, rmSync, statSync, writeFileSync } from "fs";
import { dirname, join } from "path";
import { fileURLToPath, pathToFileURL } from "url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = [20, 19];
const BUILT = join(root, "dist", ".built");

/** Says a line to the person who waits, on stderr: stdout is for results. */
function say(line) {
  process.stderr.write(line + "\n");
}

/** Runs a program in the repository's root, its output where ours goes; ends this process if it fails. */
export function run(file, args) {
  // An interrupt reaches the program as well; wait for it to end as it sees fit.
  process.on("SIGINT", function () {});
  const result = spawnSync(file, args, { cwd: root, stdio: "inherit" });
  if (result.error) {
    say("could not start '" + file + "': " + result.error.message);
    process.exit(1);
  }
  if (result.signal) process.kill(process.pid, result.signal);
  if (result.status !== 0) process.exit(result.status === null ? 1 : result.status);
}

/** Runs npm: the one that runs this script, if one does. */
export function npm(args) {
  const own = process.env.npm_execpath;
  if (own && /\.c?js$/.test(own)) run(process.execPath, [own].concat(args));
  else run(process.platform === "win32" ? "npm.cmd" : "npm", args);
}

/** Runs the built command line. */
export function mppc(args) {
  run(process.execPath, [join(root, "dist", "cli", "main.js")].concat(args));
}

function requireNode() {
  const version = process.versions.node.split(".").map(Number);
  const tooOld =
    version[0] < OLDEST_NODE[0] || (version[0] === OLDEST_NODE[0] && version[1] < OLDEST_NODE[1]);
  if (!tooOld) return;
  say("mppc needs Node " + OLDEST_NODE.join(".") + " or newer; this is Node " + process.versions.node + ".");
  process.exit(1);
}

/** When the file was last changed, in milliseconds; 0 if there is none. */
function changed(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

/** When the last of all files below the folder was changed. */
function lastChange(directory) {
  return Math.max.apply(
    null,
    readdirSync(directory, { withFileTypes: true }).map(function (entry) {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? Math.max(changed(path), lastChange(path)) : changed(path);
    }),
  );
}

function installDependencies() {
  const modules = join(root, "node_modules");
  // A link is to another checkout's dependencies, which npm would take away before it installs them again.
  if (existsSync(modules) && lstatSync(modules).isSymbolicLink()) return;
  // npm writes this file when it has installed everything.
  const installed = changed(join(modules, ".package-lock.json"));
  if (installed >= changed(join(root, "package-lock.json"))) return;
  say("Installing the dependencies (npm ci) ...");
  npm(["ci", "--include=dev", "--no-audit", "--no-fund"]);
}

function build() {
  const inputs = ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"].map(
    function (name) {
      return changed(join(root, name));
    },
  );
  if (changed(BUILT) > Math.max(lastChange(join(root, "src")), Math.max.apply(null, inputs))) return;
  say("Building ...");
  // Nothing of an older build is to be left over.
  rmSync(join(root, "dist"), { recursive: true, force: true });
  npm(["run", "--silent", "build"]);
  writeFileSync(BUILT, "");
}

/** Installs the software Vulkan driver where there is no adapter at all; without it the reference device serves. */
async function findDevice() {
  const built = function (name) {
    return import(pathToFileURL(join(root, "dist", "runtime", name)).href);
  };
  const vulkan = await built("vulkan.js");
  if (process.platform !== "linux" || vulkan.installedSoftwareVulkan() !== null) return;
  const list = await (await built("device-list.js")).listDevices();
  if (
    list.devices.some(function (device) {
      return device.kind !== "reference";
    })
  )
    return;
  say("No GPU was found: installing software Vulkan for this user (see docs/setup.md) ...");
  const result = await (await built("vulkan-install.js")).installSoftwareVulkan(say);
  if (!result.ok) say("Software Vulkan could not be installed: " + result.reason + ". Going on without it.");
}

/** All of it; each step does nothing where it was done before. */
export async function setUp() {
  requireNode();
  installDependencies();
  build();
  await findDevice();
}
