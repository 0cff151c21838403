// That tests on a device test something: without an adapter they are skipped, which continuous integration must not be.
import { expect, it } from "vitest";
import { listDevices } from "../../src/runtime/device-list.js";

const { devices } = await listDevices();
const adapters = devices.filter(({ kind }) => kind !== "reference");

it("lists the reference device last, and takes the first", () => {
  expect(devices.at(-1)?.kind).toBe("reference");
  expect(devices.map(({ chosen }) => chosen)).toEqual(devices.map((_, index) => index === 0));
});

it.skipIf(adapters.length === 0 && process.env["CI"] !== "true")(
  "finds a GPU or a software Vulkan driver (where this is skipped, all tests on a device are)",
  () => {
    expect(adapters, "no adapter: see docs/setup.md").not.toEqual([]);
    for (const { limits } of adapters)
      expect(limits.maxStorageBuffersPerShaderStage).toBeGreaterThanOrEqual(8);
  },
);
