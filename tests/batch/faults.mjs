// Loaded before the program: what befalls a process, by the files that it touches.
//   CRASH_ON=name   reading a file whose name holds this ends the process, as a driver's crash does
//   HANG_ON=name    reading such a file never ends
//   CRASH_AT_START  a process that does jobs of a batch ends so as soon as it is started
//   LOSE_DEVICE=n   the first device of a process is lost at the n-th thing that it is told to do
//   LOSE_DEVICES=n  so is every device; a file "lost" has a letter for each that was
//   ROOM=bytes      writing more than so much in all fails as on a full disk, half-way through the piece
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { CRASH_ON, CRASH_AT_START, HANG_ON, LOSE_DEVICE, LOSE_DEVICES, ROOM } = process.env;
if (CRASH_AT_START !== undefined && process.argv.includes("work")) process.kill(process.pid, "SIGSEGV");

const read = fs.readFileSync;
fs.readFileSync = (path, ...rest) => {
  if (CRASH_ON !== undefined && String(path).includes(CRASH_ON)) process.kill(process.pid, "SIGSEGV");
  if (HANG_ON !== undefined && String(path).includes(HANG_ON))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  return read(path, ...rest);
};

if (ROOM !== undefined) {
  let room = Number(ROOM);
  const write = fs.writeFileSync;
  fs.writeFileSync = (file, content, ...rest) => {
    const bytes = Buffer.from(content);
    room -= bytes.length;
    if (room >= 0) return write(file, content, ...rest);
    write(file, bytes.subarray(0, Math.max(0, bytes.length + room)), ...rest);
    room = 0;
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  };
}
syncBuiltinESMExports();

const lost = Number(LOSE_DEVICES ?? LOSE_DEVICE ?? 0);
if (lost > 0 && process.argv.includes("work")) {
  const { globals } = await import("webgpu");
  const { requestDevice } = globals.GPUAdapter.prototype;
  let devices = 0;
  globals.GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    devices++;
    if (devices > 1 && LOSE_DEVICES === undefined) return device;
    const { queue } = device;
    const submit = queue.submit;
    let submitted = 0;
    queue.submit = (...buffers) => {
      submitted++;
      if (submitted === lost) {
        device.destroy();
        fs.appendFileSync("lost", "x");
      }
      return submit.apply(queue, buffers);
    };
    Object.defineProperty(device, "queue", { value: queue });
    return device;
  };
}
