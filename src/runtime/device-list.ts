// Lists every device that mppc could compute on, which of them it would choose, and where software Vulkan comes from.
import { INSTALL_COMMAND } from "./choose.js";
import { isSoftware } from "./dawn.js";
import { formatBytes } from "./device-errors.js";
import type { DeviceKind } from "./device.js";
import { withoutNativeNoise } from "./native-noise.js";
import {
  driverManifests,
  installedSoftwareVulkan,
  softwareVulkanDirectory,
  systemHasVulkan,
  useSoftwareVulkan,
} from "./vulkan.js";

/** The limits that decide how large a model a device takes. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupStorageSize",
] as const;

export type Limit = (typeof LIMITS)[number];

export type ListedDevice = {
  readonly kind: DeviceKind;
  readonly name: string;
  readonly driver: string;
  /** Bytes, or counts; empty for the reference device, which has none but the memory. */
  readonly limits: Readonly<Partial<Record<Limit, number>>>;
  /** Whether `--device auto` takes it. */
  readonly chosen: boolean;
};

export type DeviceList = {
  readonly devices: readonly ListedDevice[];
  readonly softwareVulkan: {
    readonly directory: string;
    /** Mesa's version; null where none is installed privately. */
    readonly installed: string | null;
    /** Why what is installed cannot be used. */
    readonly problem: string | null;
  };
};

type WebGpu = { readonly create: (flags: string[]) => GPU };
type Listed = Omit<ListedDevice, "chosen">;

/** Every adapter that WebGPU knows, and the reference device, best first. */
export async function listDevices(): Promise<DeviceList> {
  const installed = installedSoftwareVulkan();
  const use = installed === null ? null : useSoftwareVulkan();
  const mayHaveAdapters = process.platform !== "linux" || (driverManifests().length > 0 && systemHasVulkan());
  const adapters = mayHaveAdapters ? await listAdapters() : [];
  const reference: Listed = {
    kind: "reference",
    name: "float64 reference",
    driver: "mppc itself",
    limits: {},
  };
  const order: readonly DeviceKind[] = ["gpu", "software", "reference"];
  const all = [...adapters, reference].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  return {
    devices: all.map((device, index) => ({ ...device, chosen: index === 0 })),
    softwareVulkan: {
      directory: softwareVulkanDirectory(),
      installed: installed?.mesa ?? null,
      problem: use?.ok === false ? use.reason : null,
    },
  };
}

async function listAdapters(): Promise<Listed[]> {
  const { create } = (await import("webgpu")) as WebGpu;
  const found: Listed[] = [];
  for (const name of await adapterNames(create)) {
    const flags = name === undefined ? [] : [`adapter=${name}`];
    const adapter = await withoutNativeNoise(() => create(flags).requestAdapter());
    if (adapter !== null) found.push(describeAdapter(name, adapter));
  }
  return found;
}

function describeAdapter(name: string | undefined, adapter: GPUAdapter): Listed {
  const { info, limits } = adapter;
  return {
    kind: isSoftware(adapter) ? "software" : "gpu",
    name: name ?? (info.device === "" ? "unnamed" : info.device),
    driver: info.description,
    limits: Object.fromEntries(LIMITS.map((limit) => [limit, limits[limit]])),
  };
}

/**
 * The names of all adapters. WebGPU gives only the one adapter that fits best; but asked for one of a name that none
 * has, Dawn says which there are: `Available adapters:\n * backend: 'vulkan', name: 'llvmpipe (...)'`.
 * Where it does not say, undefined stands for the one that WebGPU gives.
 */
async function adapterNames(create: WebGpu["create"]): Promise<readonly (string | undefined)[]> {
  try {
    await withoutNativeNoise(() => create(["adapter=none has this name"]).requestAdapter());
  } catch (problem) {
    const said = problem instanceof Error ? problem.message : "";
    const names = [...said.matchAll(/^ \* backend: '[^']*', name: '(.*)'$/gm)].map(([, name]) => name);
    if (names.length > 0) return [...new Set(names)];
  }
  return [undefined];
}

/** The list as text for a terminal; no trailing newline. */
export function formatDeviceList({ devices, softwareVulkan }: DeviceList): string {
  const lines = devices.flatMap(formatDevice);
  const { directory, installed, problem } = softwareVulkan;
  if (problem !== null)
    lines.push(`Software Vulkan: ${problem}; '${INSTALL_COMMAND} --force' installs it anew.`);
  else if (installed !== null) lines.push(`Software Vulkan: Mesa ${installed}, in ${directory}.`);
  else if (process.platform === "linux" && devices.every(({ kind }) => kind === "reference"))
    lines.push(
      `Software Vulkan: not installed; '${INSTALL_COMMAND}' installs it in ${directory}, without root.`,
    );
  return lines.join("\n");
}

const KIND: Readonly<Record<DeviceKind, string>> = {
  gpu: "GPU",
  software: "software Vulkan driver",
  reference: "on one thread, without a GPU",
};

function formatDevice({ kind, name, driver, limits, chosen }: ListedDevice): string[] {
  const mark = chosen ? "* " : "  ";
  const lines = [`${mark}${name} (${KIND[kind]})${chosen ? ", taken by --device auto" : ""}`];
  lines.push(`    driver: ${driver}`);
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = limits;
  if (maxBufferSize !== undefined && maxStorageBufferBindingSize !== undefined)
    lines.push(
      `    buffers: up to ${formatBytes(maxBufferSize)}, of which ${formatBytes(maxStorageBufferBindingSize)} ` +
        `are seen by a kernel at a time; ${maxStorageBuffersPerShaderStage ?? 0} buffers a kernel`,
    );
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupsPerDimension } = limits;
  if (maxComputeInvocationsPerWorkgroup !== undefined && maxComputeWorkgroupsPerDimension !== undefined)
    lines.push(
      `    workgroups: up to ${maxComputeInvocationsPerWorkgroup} threads, ` +
        `${maxComputeWorkgroupsPerDimension} a dimension`,
    );
  return lines;
}
