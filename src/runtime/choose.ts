// Chooses the device that a command computes on: a real GPU, else software Vulkan, else the float64 reference.
import type { createDawnDevice } from "./dawn.js";
import { noGpu } from "./device-errors.js";
import { DeviceError, type Device } from "./device.js";
import { collectGarbage } from "./garbage.js";
import {
  driverManifests,
  installedSoftwareVulkan,
  systemHasVulkan,
  useSoftwareVulkan,
  type Use,
} from "./vulkan.js";

export type DeviceChoice = "auto" | "gpu" | "reference";

/** Where devices come from; tests put their own in. */
export type DeviceSources = {
  readonly dawn: typeof createDawnDevice;
  readonly reference: () => Promise<Device>;
  /** Whether Dawn may find an adapter without the private driver: where it cannot, it complains on stderr. */
  readonly systemHasDriver: () => boolean;
  readonly privateDriver: () => "absent" | "installed";
  readonly usePrivateDriver: () => Use;
};

export const INSTALL_COMMAND = "mppc devices --install-software-vulkan";

const SOURCES: DeviceSources = {
  dawn: async (choice) =>
    (await import("./dawn.js")).createDawnDevice({ ...choice, reclaim: collectGarbage }),
  reference: async () => (await import("./reference.js")).createReferenceDevice(),
  systemHasDriver: () => process.platform !== "linux" || (driverManifests().length > 0 && systemHasVulkan()),
  privateDriver: () => (installedSoftwareVulkan() === null ? "absent" : "installed"),
  usePrivateDriver: useSoftwareVulkan,
};

/** A device that WebGPU gives, or why there is none, as a clause. */
type Found = { readonly ok: true; readonly device: Device } | { readonly ok: false; readonly reason: string };

/**
 * Opens the device of choice and says in one line which it is, and how to get a faster one.
 * `gpu` takes a software Vulkan driver where there is no real GPU, and throws a DeviceError where there is neither;
 * `auto` then takes the reference device.
 */
export async function openDevice(
  choice: DeviceChoice,
  report: (line: string) => void,
  sources: DeviceSources = SOURCES,
): Promise<Device> {
  if (choice === "reference") {
    const device = await sources.reference();
    report(`Device: ${device.description}.`);
    return device;
  }
  const found = await webgpuDevice(sources);
  if (found.ok) {
    report(describeChoice(found.device));
    return found.device;
  }
  if (choice === "gpu") throw noGpu(found.reason, INSTALL_COMMAND);
  const device = await sources.reference();
  report(
    `Device: ${device.description}, on one thread, because ${found.reason}; a GPU or software Vulkan is faster: ` +
      `see '${INSTALL_COMMAND}'.`,
  );
  return device;
}

function describeChoice({ kind, description }: Device): string {
  return kind === "software"
    ? `Device: ${description}; a GPU with a Vulkan driver would be faster.`
    : `Device: ${description}.`;
}

const NO_DRIVER = "no GPU and no Vulkan driver were found";

async function webgpuDevice(sources: DeviceSources): Promise<Found> {
  const installed = sources.privateDriver() === "installed";
  // A real GPU is first looked for with the system's own libraries alone; the private ones would come before them.
  if (sources.systemHasDriver()) {
    const found = await open(sources, installed ? false : "any");
    if (found.ok || !installed) return found;
  }
  if (!installed) return { ok: false, reason: NO_DRIVER };
  const use = sources.usePrivateDriver();
  if (use.ok) return open(sources, "any");
  return { ok: false, reason: `${use.reason} ('${INSTALL_COMMAND} --force' installs it anew)` };
}

async function open({ dawn }: DeviceSources, software: boolean | "any"): Promise<Found> {
  try {
    const device = await dawn({ software });
    return device === null ? { ok: false, reason: NO_DRIVER } : { ok: true, device };
  } catch (problem) {
    if (problem instanceof DeviceError) return { ok: false, reason: problem.reason };
    if (isUnloadable(problem)) return { ok: false, reason: `WebGPU does not load here (${problem.message})` };
    throw problem;
  }
}

/** Whether npm `webgpu` has no binary for this system, or one that lacks a library. */
function isUnloadable(problem: unknown): problem is Error {
  return (
    problem instanceof Error &&
    "code" in problem &&
    (problem.code === "ERR_DLOPEN_FAILED" || problem.code === "MODULE_NOT_FOUND")
  );
}
