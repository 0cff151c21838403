// Loaded before the program: kills it, as kill -9 does, at the moment that KILL_AT names.
//   "operation 17"             before its 17th operation that changes the file system; of a writing, half-way through it
//   "renameSync result.json"   before the first such operation on such a file
//   "text final pass"          when it says so on stderr
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [what = "", ...rest] = (process.env.KILL_AT ?? "").split(" ");
const wanted = rest.join(" ");
const die = () => process.kill(process.pid, "SIGKILL");

let done = 0;
for (const name of ["mkdirSync", "rmSync", "openSync", "writeFileSync", "fsyncSync", "renameSync"]) {
  const original = fs[name];
  fs[name] = (...args) => {
    const isReading = name === "openSync" && args[1] !== "w";
    if (!isReading) {
      done++;
      const isCounted = what === "operation" && done === Number(wanted);
      const isNamed = what === name && args.some((arg) => String(arg).endsWith(wanted));
      if (isCounted && name === "writeFileSync")
        original(args[0], String(args[1]).slice(0, String(args[1]).length / 2));
      if (isCounted || isNamed) die();
    }
    return original(...args);
  };
}
syncBuiltinESMExports();

const write = process.stderr.write.bind(process.stderr);
process.stderr.write = (text, ...more) => {
  if (what === "text" && String(text).includes(wanted)) die();
  return write(text, ...more);
};
