// Loaded before the program: what befalls a process, by the files that it touches.
//   CRASH_ON=name   reading a file whose name holds this ends the process, as a driver's crash does
//   HANG_ON=name    reading such a file never ends
//   CRASH_AT_START  a process that does jobs of a batch ends so as soon as it is started
//   ROOM=bytes      writing more than so much in all fails as on a full disk, half-way through the piece
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { CRASH_ON, CRASH_AT_START, HANG_ON, ROOM } = process.env;
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
