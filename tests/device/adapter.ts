// The WebGPU device that tests run on: missing, it is a skip that is said once and loudly, or in CI a failure.
import { afterAll, beforeAll, describe } from "vitest";
import { createDawnDevice } from "../../src/runtime/dawn.js";
import type { Device, DeviceKind } from "../../src/runtime/device.js";
import { systemHasVulkan, useSoftwareVulkan } from "../../src/runtime/vulkan.js";

const MISSING =
  "no WebGPU adapter: the tests on a device are skipped ('mppc devices --install-software-vulkan' gives one)";

/** Any adapter, the privately installed software driver's included; null where there is none. */
export async function openAnyDevice(): Promise<Device | null> {
  useSoftwareVulkan(); // where it is not installed, the system may still have a driver
  return systemHasVulkan() ? createDawnDevice({ software: "any" }) : null;
}

const inCi = process.env["CI"] === "true";
const probe = await openAnyDevice();
await probe?.close();
/** What the tests on a device run on; null where they are skipped. */
export const adapterKind: DeviceKind | null = probe?.kind ?? null;
if (probe === null && inCi) throw new Error(MISSING);
if (probe === null) process.stderr.write(`\n*** SKIPPED: ${MISSING} ***\n\n`);

/** A group of tests on one device, which `device()` gives inside of them. */
export function describeOnDevice(name: string, tests: (device: () => Device) => void): void {
  describe.skipIf(probe === null)(name, () => {
    let device: Device | null = null;
    beforeAll(async () => {
      device = await openAnyDevice();
    });
    afterAll(async () => {
      await device?.close();
    });
    tests(() => {
      if (device === null) throw new Error(MISSING);
      return device;
    });
  });
}
