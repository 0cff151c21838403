// What is read out of apt's answers, and which packages are fetched.
import { describe, expect, it } from "vitest";
import {
  execute,
  packagesToFetch,
  parseCandidate,
  parseDependencies,
  parseSimulation,
  parseSizes,
} from "../../src/runtime/vulkan-apt.js";

const SIMULATION = `Reading package lists...
The following NEW packages will be installed:
  libvulkan1 mesa-vulkan-drivers python3
Inst libdrm2 [2.4.114-1+b1] (2.4.123-1~bpo12+1 Debian Backports:oldstable-backports [amd64])
Inst libegl-mesa0 [22.3.6-1+deb12u1] (25.0.7-2~bpo12+1 Debian Backports:oldstable-backports [amd64]) []
Inst libvulkan1 (1.3.239.0-1 Debian:12.15/oldstable [amd64])
Inst libc6 [2.36-9] (2.36-10 Debian:12.15/oldstable [amd64])
Inst python3 (3.11.2-1 Debian:12.15/oldstable [amd64])
Inst libpython3-stdlib (3.11.2-1 Debian:12.15/oldstable [amd64])
Inst libllvm15 (1:15.0.6-4+b1 Debian:12.15/oldstable [amd64])
Inst libz3-4 (4.8.12-3.1 Debian:12.15/oldstable [amd64])
Inst mesa-vulkan-drivers (25.0.7-2~bpo12+1 Debian Backports:oldstable-backports [amd64])
Conf libdrm2 (2.4.123-1~bpo12+1 Debian Backports:oldstable-backports [amd64])
`;

const DEPENDS = `mesa-vulkan-drivers
  Depends: libvulkan1
  Depends: <python3:any>
    python3
  Depends: libdrm2
 |Depends: libllvm15
  Depends: libllvm16
python3
  PreDepends: python3-minimal
  Depends: libpython3-stdlib
libvulkan1
  Depends: libc6
libdrm2
  Depends: libc6
libllvm15
  Depends: libxml2
libxml2
  Depends: libz3-4
`;

const ROOT = { name: "mesa-vulkan-drivers", version: "25.0.7-2~bpo12+1" };

describe("apt's answers", () => {
  it("name the packages that are missing or too old", () => {
    const missing = parseSimulation(SIMULATION);
    expect(missing.size).toBe(9);
    expect(missing.get("libdrm2")).toEqual({ name: "libdrm2", version: "2.4.123-1~bpo12+1" });
    expect(missing.get("libllvm15")?.version).toBe("1:15.0.6-4+b1");
  });

  it("name dependencies, alternatives and providers", () => {
    const dependencies = parseDependencies(DEPENDS);
    expect(dependencies.get("mesa-vulkan-drivers")).toEqual([
      "libvulkan1",
      "python3:any",
      "python3",
      "libdrm2",
      "libllvm15",
      "libllvm16",
    ]);
    expect(dependencies.get("python3")).toEqual(["python3-minimal", "libpython3-stdlib"]);
  });

  it("give sizes and candidates", () => {
    const uris =
      "'http://mirror.example/a.deb' a_1_amd64.deb 1500000 SHA256:00\n" +
      "Warning: none of this\n'http://mirror.example/b.deb' b_1_all.deb 250 SHA256:11\n";
    expect(parseSizes(uris)).toBe(1500250);
    const policy = "mesa:\n  Installed: (none)\n  Candidate: 25.0.7-2\n  Version table:\n";
    expect(parseCandidate(policy)).toBe("25.0.7-2");
    expect(parseCandidate("mesa:\n  Installed: (none)\n  Candidate: (none)\n")).toBeNull();
    expect(parseCandidate("")).toBeNull();
  });
});

describe("the packages to fetch", () => {
  const names = packagesToFetch([ROOT], parseSimulation(SIMULATION), parseDependencies(DEPENDS)).map(
    ({ name }) => name,
  );

  it("are the driver and the libraries it lacks, through libraries that are there", () => {
    expect(names).toEqual(["libdrm2", "libllvm15", "libvulkan1", "libz3-4", "mesa-vulkan-drivers"]);
  });

  it("are neither upgrades of unrelated packages, nor interpreters, nor the run-times of C", () => {
    for (const name of ["libegl-mesa0", "python3", "libpython3-stdlib", "libc6"])
      expect(names).not.toContain(name);
  });
});

describe("a program", () => {
  it("that fails says why", async () => {
    const script = "echo 'W: careful' >&2; echo 'E: no such package' >&2; exit 100";
    const result = await execute("sh", ["-c", script], "/");
    expect(result).toEqual({ ok: false, reason: `'sh ${script}' failed: no such package` });
  });

  it("that is not there is named", async () => {
    expect(await execute("mppc-no-such-program", [], "/")).toEqual({
      ok: false,
      reason: "there is no 'mppc-no-such-program' here",
    });
  });

  it("is spoken to in English", async () => {
    expect(await execute("sh", ["-c", "printf %s $LC_ALL"], "/")).toEqual({ ok: true, output: "C" });
  });
});
