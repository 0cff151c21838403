// The device of a command: opened as the user chose, its remarks told, closed in the end whatever happens.
import { setImmediate as turn } from "node:timers/promises";
import type { CompileOptions, KernelLanguage } from "../compile.js";
import type { AdapterClass } from "../ir/cost.js";
import type { DeviceKind, Device } from "../runtime/device.js";
import type { DeviceChoice } from "./options.js";
import type { Terminal } from "./terminal.js";

/** Opens a device for `use` and closes it afterwards. Throws a DeviceError if there is none of that kind. */
export async function withDevice<T>(
  choice: DeviceChoice,
  terminal: Terminal,
  use: (device: Device) => Promise<T>,
): Promise<T> {
  const device = await openFor(choice, terminal);
  try {
    return await use(device);
  } finally {
    await device.close();
  }
}

/** Opens a device, for whoever will close it. Throws a DeviceError if there is none of that kind. */
export async function openFor(choice: DeviceChoice, terminal: Terminal): Promise<Device> {
  const { openDevice } = await import("../runtime/choose.js");
  const device = await openDevice(choice, (line) => terminal.err(`${line}\n`));
  return device.kind === "reference" ? takingTurns(device) : device;
}

/** The class of adapters for which kernels on this device are scheduled. */
export const adapterOf = (device: Device): AdapterClass["name"] =>
  device.kind === "gpu" ? "gpu" : "software";

/** The language that this device takes. */
export const languageOf = (device: Device): KernelLanguage => (device.kind === "reference" ? "js" : "wgsl");

/**
 * Bytes that a table may take, for the compiler to say which latents a larger one joins: a buffer binding of software
 * Vulkan, and on the reference device what a laptop has. What a GPU can hold it says itself when programs are loaded.
 */
const LARGEST_TABLE: Readonly<Record<DeviceKind, number>> = {
  gpu: Number.MAX_VALUE,
  software: 2 ** 27,
  reference: 2 ** 32,
};
export const largestTable = (device: Device): number => LARGEST_TABLE[device.kind];

/** What a model is to be compiled for to run on this device. */
export const compiledFor = (
  device: Device,
): Pick<CompileOptions, "adapter" | "language" | "largestBinding" | "packed"> => ({
  adapter: adapterOf(device),
  language: languageOf(device),
  largestBinding: largestTable(device),
  ...(device.packed === undefined ? {} : { packed: device.packed }),
});

/** Milliseconds of short runs after which signals and timers get their turn. */
const TURN_AFTER = 50;

/**
 * The same device, but runs that are each too short to let go of the thread do so together: without, a fit of small
 * steps on the host could not be interrupted.
 */
function takingTurns(device: Device): Device {
  let last = performance.now();
  const takeTurn = async (): Promise<void> => {
    if (performance.now() - last <= TURN_AFTER) return;
    await turn();
    last = performance.now();
  };
  const load: Device["load"] = async (program, sizes) => {
    const loaded = await device.load(program, sizes);
    return {
      write: (name, values) => loaded.write(name, values),
      timeLaunches: (settings) => loaded.timeLaunches(settings),
      dispose: () => loaded.dispose(),
      advance: () => loaded.advance(),
      readState: () => loaded.readState(),
      run: async (settings) => {
        const outputs = await loaded.run(settings);
        await takeTurn();
        return outputs;
      },
      iterate: async (runs) => {
        const outputs = await loaded.iterate(runs);
        await takeTurn();
        return outputs;
      },
    };
  };
  return {
    kind: device.kind,
    description: device.description,
    get bytes() {
      return device.bytes;
    },
    load,
    close: () => device.close(),
  };
}
