// The program as a process of its own: exit codes, pipes, signals, bugs.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportFailure } from "../../src/cli/failures.js";
import { Bug } from "../../src/diagnostic.js";
import { DeviceError } from "../../src/runtime/device.js";
import { buildProgram, removeProgram, runProgram } from "./built.js";

const MODEL =
  "data { plate rows; real y[rows]; } model { m ~ normal(0, 1); plate rows { y ~ normal(m, 1); } }\n";

let main = "";
let folder = "";
beforeAll(() => {
  main = buildProgram();
  folder = mkdtempSync(join(tmpdir(), "mppc-process-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  writeFileSync(
    join(folder, "data.json"),
    JSON.stringify({ y: Array.from({ length: 50 }, (_, i) => i / 50) }),
  );
}, 60_000);
afterAll(() => {
  removeProgram(main);
  rmSync(folder, { recursive: true, force: true });
});

describe("the process", () => {
  it("runs a model and ends by itself", async () => {
    const args =
      "run model.mpp --data data.json --device reference -K 5 --iterations 3 --output run --json".split(" ");
    const { code, out } = await runProgram(main, args, { cwd: folder });
    expect(code).toBe(0);
    expect(out.endsWith("}\n")).toBe(true);
    expect(out.trim().split("\n")).toHaveLength(1);
    expect(readdirSync(join(folder, "run"))).toHaveLength(8);
  }, 30_000);

  it("ends with 2 for wrong usage and 1 for a wrong model", async () => {
    expect((await runProgram(main, ["--nope"], { cwd: folder })).code).toBe(2);
    writeFileSync(join(folder, "wrong.mpp"), MODEL.replace("normal(m, 1)", "normal(n, 1)"));
    const { code, out, err } = await runProgram(main, ["check", "wrong.mpp"], { cwd: folder });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^error\[E\d+\]: /);
  }, 30_000);

  it("ends with 130 when interrupted", async () => {
    const args = "run model.mpp --data data.json --device reference -K 30 --iterations 1000000 --output long";
    const options = { cwd: folder, interruptWhen: "iteration 1 of" };
    const { code, err, out } = await runProgram(main, args.split(" "), options);
    expect(code).toBe(130);
    expect(err).toContain("interrupted");
    expect(out).toBe("");
  }, 30_000);

  it("says nothing when its reader goes away", async () => {
    const code = await new Promise((resolve) => {
      const child = spawn(process.execPath, [main, "compile", "model.mpp", "--emit", "js"], { cwd: folder });
      let err = "";
      child.stderr.on("data", (text: Buffer) => (err += text.toString()));
      child.stdout.destroy();
      child.on("close", (exit) => resolve(`${exit ?? "signal"}${err}`));
    });
    expect(code).toBe("0");
  }, 30_000);
});

describe("failures", () => {
  const report = (problem: unknown): { code: number; err: string } => {
    let err = "";
    const code = reportFailure(problem, {
      out: () => undefined,
      err: (text) => void (err += text),
      interactive: false,
      color: false,
    });
    return { code, err };
  };

  it("calls a bug a bug, and keeps the stack for those who ask", () => {
    const { code, err } = report(new Bug("axis 'rows' has no size"));
    expect(code).toBe(70);
    expect(err).toMatch(/^this is a bug in mppc: Bug: axis 'rows' has no size\n\nPlease report it/);
    expect(err).not.toMatch(/^\s+at /m);
    process.env["MPPC_DEBUG"] = "1";
    try {
      expect(report(new Bug("x")).err).toMatch(/^\s+at /m);
    } finally {
      delete process.env["MPPC_DEBUG"];
    }
  });

  it("gives a device's failure the exit code 4, with its hint", () => {
    const { code, err } = report(
      new DeviceError("E0602", "the device has too little memory", "use fewer particles"),
    );
    expect(code).toBe(4);
    expect(err).toBe("error[E0602]: the device has too little memory\n   = hint: use fewer particles\n");
  });
});
