// What `mppc devices` does: lists devices, or installs the software Vulkan driver.
import { formatDeviceList, listDevices } from "../../runtime/device-list.js";
import { noSoftwareVulkan } from "../../runtime/device-errors.js";
import { installSoftwareVulkan } from "../../runtime/vulkan-install.js";
import type { DevicesOptions } from "../commands/devices.js";
import type { Terminal } from "../terminal.js";

/** Throws a DeviceError if the driver cannot be installed. */
export async function devices(options: DevicesOptions, terminal: Terminal): Promise<void> {
  if (options.installSoftwareVulkan === true) {
    const report = (line: string): void => terminal.err(`${line}\n`);
    const installation = await installSoftwareVulkan(report, { force: options.force === true });
    if (installation.ok) return;
    throw noSoftwareVulkan(installation.reason);
  }
  const list = await listDevices();
  terminal.out(options.json === true ? `${JSON.stringify(list)}\n` : `${formatDeviceList(list)}\n`);
}
