// Series from the command line: lengths beyond what a plan assumed, and compiled files on longer data.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/cli/model-file.js";
import { compileSource } from "../../src/compile.js";
import { writeCompiledFile } from "../../src/runtime/compiled-file.js";

const SOURCE =
  "data { plate days ordered; real y[days]; } model { plate days { x ~ normal(prev(x, 0), 1); y ~ normal(x, 1); } }\n";
const quiet = { out: () => undefined, err: () => undefined, isTTY: false, columns: 80 } as never;
const folder = mkdtempSync(join(tmpdir(), "mppc-series-"));

describe("a compiled series", () => {
  const { compiled } = compileSource(
    { path: "walk.mpp", text: SOURCE },
    { sizes: new Map([["days", 5]]), adapter: "gpu" },
  );
  if (compiled === null) throw new Error("the model does not compile");
  const path = join(folder, "walk.mppc");
  writeFileSync(path, writeCompiledFile(compiled));
  const planned = (days: number) => {
    const sizes = new Map([
      ["days", days],
      ["k_x", 20],
    ]);
    const { compile, compileSeconds } = loadModel(path, quiet);
    const { qem, bounds } = compile({ programs: ["qem", "bounds"], sizes, adapter: "gpu" }).programs;
    return { longest: qem?.program.longest, bounds: bounds?.program.longest, again: compileSeconds() > 0 };
  };

  it("is used as it is for data up to the next power of two", () => {
    expect(planned(8)).toEqual({ longest: { days: 8 }, bounds: undefined, again: false });
  });
  it("is planned anew from its source for longer data", () => {
    expect(planned(9)).toEqual({ longest: { days: 16 }, bounds: undefined, again: true });
  });
});
