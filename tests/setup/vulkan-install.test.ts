// The private installation from end to end, offline: apt is played by scripts, the driver is the one installed already.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { installSoftwareVulkan } from "../../src/runtime/vulkan-install.js";
import { readSources, selectSources, parseDistribution } from "../../src/runtime/vulkan-sources.js";
import {
  installedSoftwareVulkan,
  libraryDirectory,
  softwareVulkanDirectory,
} from "../../src/runtime/vulkan.js";
import { sharedLibrary } from "./elf.js";
import { temporaryDirectory } from "./transpile.js";

type Play = {
  /** A line of shell that runs before apt-get does anything. */
  readonly first?: string;
  readonly mesa?: string;
  /** Folder whose files become the package's libraries. */
  readonly libraries: string;
};

/** Puts scripts for apt-get, apt-cache and dpkg-deb in front of the system's. */
function playApt({ first = "true", mesa = "25.0.7-2", libraries }: Play): void {
  const bin = temporaryDirectory();
  const script = (name: string, lines: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${lines}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  script(
    "apt-get",
    `${first}
case "$*" in
  *--print-uris*) echo "'http://mirror.example/m.deb' m.deb 1500000 SHA256:0" ;;
  *" -s install"*) echo "Inst libvulkan1 (1.3 x [amd64])"; echo "Inst mesa-vulkan-drivers (${mesa} x [amd64])" ;;
  *" download"*) echo > mesa.deb ;;
esac`,
  );
  script(
    "apt-cache",
    `case "$*" in *policy*) echo "  Candidate: ${mesa}" ;; *) printf 'mesa-vulkan-drivers\\n  Depends: libvulkan1\\n' ;; esac`,
  );
  script(
    "dpkg-deb",
    `mkdir -p "$3/usr/lib/any" "$3/usr/share/vulkan/icd.d"
cp '${libraries}'/* "$3/usr/lib/any/"
echo '{"ICD": {"api_version": "1.4.305", "library_path": "libvulkan_lvp.so"}}' > "$3/usr/share/vulkan/icd.d/lvp_icd.json"`,
  );
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env["PATH"] ?? ""}`);
}

afterEach(() => vi.unstubAllEnvs());

async function install(directory: string, force = false) {
  const lines: string[] = [];
  const result = await installSoftwareVulkan((line) => lines.push(line), { directory, force });
  return { result, lines };
}

const osRelease = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
const distribution = process.platform === "linux" ? parseDistribution(osRelease) : null;
const hasApt = distribution !== null && selectSources(readSources(), distribution).ok;

/** Libraries that are none: enough for all but the driver's trial. */
function brokenLibraries(): string {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "libvulkan.so.1"), sharedLibrary([]));
  writeFileSync(join(directory, "libvulkan_lvp.so"), sharedLibrary(["libvulkan.so.1"]));
  return directory;
}

describe.skipIf(!hasApt)("an installation that fails", () => {
  const target = (): string => join(temporaryDirectory(), "cache", "vulkan");

  it.each([
    [
      { first: "echo 'E: Could not resolve the mirror' >&2; exit 100" },
      /'apt-get update' failed: Could not resolve the mirror/,
    ],
    [{ mesa: "22.3.6-1" }, /has Mesa 22\.3\.6-1, which is too old: 24 or newer is needed/],
    [{ mesa: "(none)" }, /has no package 'mesa-vulkan-drivers'/],
    [{}, /WebGPU gets no adapter from it/],
  ])("says why, and leaves nothing behind: %j", async (play, reason) => {
    playApt({ ...play, libraries: brokenLibraries() });
    const directory = target();
    const { result } = await install(directory);
    expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(reason) as string });
    expect(readdirSync(dirname(directory))).toEqual([]);
  });

  it("for want of apt says so", async () => {
    vi.stubEnv("PATH", temporaryDirectory());
    expect((await install(target())).result).toEqual({ ok: false, reason: "there is no 'apt-get' here" });
  });

  it("because its folder cannot be made says so", async () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    const { result } = await install(join(file, "vulkan"));
    expect(result).toMatchObject({ ok: false });
  });
});

describe.skipIf(!hasApt || installedSoftwareVulkan() === null)("an installation that succeeds", () => {
  const libraries = libraryDirectory(softwareVulkanDirectory());

  it("is whole, stays as it is when run again, and is replaced by force", async () => {
    const directory = join(temporaryDirectory(), "cache", "vulkan");
    playApt({ libraries });
    const first = await install(directory);
    expect(first.result).toEqual({ ok: true, directory });
    expect(first.lines.join("\n")).toMatch(/Downloading 2 packages, 1\.5 MB/);
    expect(installedSoftwareVulkan(directory)?.libraries.at(-1)).toBe("libvulkan_lvp.so");
    expect(readdirSync(dirname(directory))).toEqual(["vulkan"]);

    const marker = join(directory, "marker");
    writeFileSync(marker, "");
    const again = await install(directory);
    expect(again.result).toEqual({ ok: true, directory });
    expect(again.lines.join("\n")).toMatch(/already installed/);
    expect(existsSync(marker)).toBe(true);

    expect((await install(directory, true)).result).toEqual({ ok: true, directory });
    expect(existsSync(marker)).toBe(false);
    expect(readdirSync(dirname(directory))).toEqual(["vulkan"]);
  });

  it("replaces what is damaged", async () => {
    const directory = join(temporaryDirectory(), "cache", "vulkan");
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "install.json"), "{");
    playApt({ libraries });
    expect((await install(directory)).result).toEqual({ ok: true, directory });
    expect(installedSoftwareVulkan(directory)).not.toBeNull();
  });

  it("may have company", async () => {
    const directory = join(temporaryDirectory(), "cache", "vulkan");
    playApt({ libraries });
    const both = await Promise.all([install(directory), install(directory)]);
    for (const { result } of both) expect(result).toEqual({ ok: true, directory });
    expect(installedSoftwareVulkan(directory)).not.toBeNull();
    expect(readdirSync(dirname(directory))).toEqual(["vulkan"]);
  });
});
