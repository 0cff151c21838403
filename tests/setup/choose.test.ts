// Which device a command gets on which machine, and what it is told.
import { describe, expect, it } from "vitest";
import { openDevice, type DeviceSources } from "../../src/runtime/choose.js";
import { DeviceError, type Device, type DeviceKind } from "../../src/runtime/device.js";

const device = (kind: DeviceKind, description: string): Device => ({
  kind,
  description,
  bytes: 0,
  load: () => Promise.reject(new Error("not loaded in these tests")),
  close: () => Promise.resolve(),
});

const GPU = device("gpu", "Fast 9000 (Vulkan)");
const SOFTWARE = device("software", "llvmpipe, software Vulkan");
const REFERENCE = device("reference", "float64 reference");

type Machine = {
  /** What the system's own drivers give. */
  readonly system: readonly Device[];
  /** Whether the private driver is installed, and loads. */
  readonly own: "absent" | "works" | "broken";
};

/** A machine, and what Dawn was asked for on it. */
function machine({ system, own }: Machine): { sources: DeviceSources; asked: (boolean | "any")[] } {
  const asked: (boolean | "any")[] = [];
  let available = system;
  const sources: DeviceSources = {
    dawn: ({ software }) => {
      asked.push(software);
      const fits = (d: Device): boolean => software === "any" || (d.kind === "software") === software;
      return Promise.resolve(available.find(fits) ?? null);
    },
    reference: () => Promise.resolve(REFERENCE),
    systemHasDriver: () => system.length > 0,
    privateDriver: () => (own === "absent" ? "absent" : "installed"),
    usePrivateDriver: () => {
      if (own === "broken") return { ok: false, reason: "the software Vulkan driver in /x does not load: y" };
      available = [...available, SOFTWARE];
      return { ok: true };
    },
  };
  return { sources, asked };
}

async function open(choice: "auto" | "gpu" | "reference", where: Machine) {
  const lines: string[] = [];
  const { sources, asked } = machine(where);
  const found = await openDevice(choice, (line) => lines.push(line), sources);
  return { found, asked, lines };
}

describe("--device auto", () => {
  it("takes a real GPU, without loading the private driver's libraries", async () => {
    const { found, lines, asked } = await open("auto", { system: [GPU], own: "works" });
    expect(found).toBe(GPU);
    expect(asked).toEqual([false]);
    expect(lines).toEqual(["Device: Fast 9000 (Vulkan)."]);
  });

  it("takes the system's software driver, and says what would be faster", async () => {
    const { found, lines } = await open("auto", { system: [SOFTWARE], own: "absent" });
    expect(found).toBe(SOFTWARE);
    expect(lines).toEqual(["Device: llvmpipe, software Vulkan; a GPU with a Vulkan driver would be faster."]);
  });

  it("takes the private driver, asking Dawn once, where the system has none", async () => {
    const { found, asked } = await open("auto", { system: [], own: "works" });
    expect(found).toBe(SOFTWARE);
    expect(asked).toEqual(["any"]);
  });

  it("takes the reference device where there is no driver, without asking Dawn, and says how to get one", async () => {
    const { found, lines, asked } = await open("auto", { system: [], own: "absent" });
    expect(found).toBe(REFERENCE);
    expect(asked).toEqual([]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^Device: float64 reference, on one thread, because no GPU and no Vulkan driver/,
    );
    expect(lines[0]).toContain("mppc devices --install-software-vulkan");
  });

  it("says so where the private driver does not load", async () => {
    const { found, lines } = await open("auto", { system: [], own: "broken" });
    expect(found).toBe(REFERENCE);
    expect(lines[0]).toMatch(/does not load: y .*--install-software-vulkan --force/);
  });

  it("goes on with the reference device where the driver gives an adapter but no device", async () => {
    const { sources } = machine({ system: [GPU], own: "absent" });
    const failing: DeviceSources = {
      ...sources,
      dawn: () => Promise.reject(new DeviceError("E0601", "Fast 9000 gives no device", undefined)),
    };
    const lines: string[] = [];
    expect(await openDevice("auto", (line) => lines.push(line), failing)).toBe(REFERENCE);
    expect(lines[0]).toContain("because Fast 9000 gives no device");
  });

  it("goes on with the reference device where WebGPU has no binary, but hides no bug", async () => {
    const { sources } = machine({ system: [GPU], own: "absent" });
    const failing = (code: string | undefined): DeviceSources => ({
      ...sources,
      dawn: () => Promise.reject(Object.assign(new Error("no dawn.node"), { code })),
    });
    expect(await openDevice("auto", () => undefined, failing("ERR_DLOPEN_FAILED"))).toBe(REFERENCE);
    await expect(openDevice("auto", () => undefined, failing(undefined))).rejects.toThrow("no dawn.node");
  });
});

describe("--device gpu", () => {
  it("takes software Vulkan where there is no GPU", async () => {
    expect((await open("gpu", { system: [], own: "works" })).found).toBe(SOFTWARE);
  });

  it("fails where there is neither, with a hint", async () => {
    const failure = open("gpu", { system: [], own: "absent" });
    await expect(failure).rejects.toBeInstanceOf(DeviceError);
    await expect(failure).rejects.toMatchObject({
      code: "E0601",
      hint: expect.stringContaining("--install-software-vulkan") as string,
    });
  });
});

describe("--device reference", () => {
  it("asks Dawn nothing", async () => {
    const { found, asked, lines } = await open("reference", { system: [GPU], own: "works" });
    expect(found).toBe(REFERENCE);
    expect(asked).toEqual([]);
    expect(lines).toEqual(["Device: float64 reference."]);
  });
});
