// What a device says when it cannot do something: one constructor a mistake, in plain sentences.
import { DeviceError } from "./device.js";

/** Bytes for a person: "1.5 GiB". */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${units[unit] ?? ""}`;
}

const SMALLER = "run with fewer particles (-K), or with less data at a time";

/** The buffers of a program together are larger than what the device may take. */
export const outOfMemory = (needed: number, budget: number, largest: string): DeviceError =>
  new DeviceError(
    "E0602",
    `the model needs ${formatBytes(needed)} of memory on this device, of which ${formatBytes(budget)} are free; its largest table is ${largest}`,
    SMALLER,
  );

/** The host could not allocate one buffer. */
export const cannotAllocate = (table: string, bytes: number): DeviceError =>
  new DeviceError("E0602", `there is no memory for table '${table}' of ${formatBytes(bytes)}`, SMALLER);

/** The driver itself had none left. */
export const driverOutOfMemory = (bytes: number): DeviceError =>
  new DeviceError("E0602", `the device has no memory left for the model's ${formatBytes(bytes)}`, SMALLER);

/** `--device gpu` where there is none, or none that can be used. */
export const noGpu = (reason: string, installCommand: string): DeviceError =>
  new DeviceError(
    "E0601",
    `there is no GPU to compute on: ${reason}`,
    `run '${installCommand}' for a software Vulkan driver, or take --device reference`,
  );

/** The private driver was asked for and cannot be had. */
export const noSoftwareVulkan = (reason: string): DeviceError =>
  new DeviceError(
    "E0601",
    `software Vulkan cannot be installed: ${reason}`,
    "mppc goes on without it, on the float64 reference device, which is slower",
  );

/** There is an adapter, but it gives no device. */
export const noDeviceGiven = (adapter: string, message: string): DeviceError =>
  new DeviceError(
    "E0601",
    `the device ${adapter} cannot be opened: ${message}`,
    "run with --device reference",
  );

/** The driver went away, or the device was closed during a run. */
export const deviceLost = (device: string, message: string): DeviceError =>
  new DeviceError(
    "E0603",
    `the device ${device} was lost${message === "" ? "" : `: ${message}`}`,
    "try again; if it happens again, run with --device reference",
  );

/** `what`: "table", "inputs", "tables" (all of them in one buffer) or "results"; `largest`: the table, or the largest of them. */
export const tableTooLarge = (what: string, largest: string, bytes: number, limit: number): DeviceError => {
  const [takes, holds] = [formatBytes(bytes), formatBytes(limit)];
  const subject =
    what === "table" ? `table ${largest} takes` : `the model's ${what} (the largest is ${largest}) take`;
  return new DeviceError(
    "E0604",
    `${subject} ${takes}, but a buffer on this device holds at most ${holds}`,
    SMALLER,
  );
};

export const gridTooLarge = (kernel: string, points: number, limit: number): DeviceError =>
  new DeviceError(
    "E0604",
    `kernel '${kernel}' has ${points} points, but a launch on this device has at most ${limit}`,
    SMALLER,
  );
