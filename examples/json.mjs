// How the examples' data is written: one line for each key, so that a change in the data is a readable diff.
import { writeFileSync } from "node:fs";

/** Writes an object of numbers and nested arrays as JSON, numbers rounded to six significant digits. */
export function writeData(path, data) {
  const rounded = (_, value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);
  const lines = Object.entries(data).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value, rounded)}`,
  );
  writeFileSync(path, `{\n${lines.join(",\n")}\n}\n`);
}
