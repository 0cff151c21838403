// What a device says when it cannot do something, and that it ends cleanly.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Bug } from "../../src/diagnostic.js";
import type { Program } from "../../src/ir/program.js";
import { formatBytes } from "../../src/runtime/device-errors.js";
import { DeviceError } from "../../src/runtime/device.js";
import { compile, numbers, runOn } from "../codegen/agreement.js";
import * as programs from "../codegen/programs.js";
import { buffer, kernel, literal, load, plate, program, store } from "../codegen/programs.js";
import { temporaryDirectory, transpile } from "../setup/transpile.js";
import { adapterKind, describeOnDevice, openAnyDevice } from "./adapter.js";

const SETTINGS = { seed: 1, iteration: 1, drawsFrom: "iid" } as const;
const rows = plate("rows");
const columns = plate("columns");
const filled = (axes: (typeof rows)[], tables = 1): Program => {
  const names = Array.from({ length: tables }, (_, i) => `log_f_${i}`);
  return program(
    "filled",
    names.map((name) => buffer("table", name, axes)),
    names.map((name) => kernel(`fill_${name}`, axes, [store(name, axes, literal(1))])),
  );
};

/** The error that a promise rejects with. */
const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (problem: unknown) => problem,
  );

describeOnDevice("a device that cannot", (device) => {
  it("bind a table says which, how large, and the limit", async () => {
    // One table over what any device binds at once: 2^34 elements.
    const sizes = new Map([["rows", 2 ** 17], ["columns", 2 ** 17]]); // prettier-ignore
    const problem = await failure(device().load(compile(filled([rows, columns])), sizes));
    expect(problem).toBeInstanceOf(DeviceError);
    expect(problem).toMatchObject({ code: "E0604" });
    expect(String(problem)).toMatch(
      /table log_f_0 \[rows = 131072, columns = 131072\] takes 64 GiB, but a buffer on this device holds at most \d/,
    );
    expect(device().bytes).toBe(0);
  });

  // A GPU does not say how much memory it has.
  it.skipIf(adapterKind === "gpu")("hold all tables says what they need and what is free", async () => {
    const sizes = new Map([["rows", 2 ** 12], ["columns", 2 ** 12]]); // prettier-ignore
    const tables = Math.ceil(process.availableMemory() / 2 ** 26) + 1;
    const { buffers, kernels } = filled([rows, columns], tables);
    // Every table is used once all of them are there.
    const using = buffers.map(({ name }) =>
      kernel(`use_${name}`, [rows], [store("first", [rows], load(name, rows, 0))]),
    );
    const all = program("filled", [...buffers, buffer("table", "first", [rows])], [...kernels, ...using]);
    const problem = await failure(device().load(compile({ ...all, outputs: ["first"] }), sizes));
    expect(problem).toMatchObject({ code: "E0602" });
    expect(String(problem)).toMatch(
      /needs [\d.]+ GiB of memory on this device, of which [\d.]+ GiB are free/,
    );
  });

  it("compile a kernel names it as a bug, with the line", async () => {
    const compiled = compile(programs.logSumExp);
    const { eliminate } = compiled.wgsl;
    if (eliminate === undefined) throw new Error("no such kernel");
    const broken = {
      ...eliminate,
      source: eliminate.source.replace("let m_new = max(m, term);", "let m_new = maxx(m, term);"),
    };
    const sizes = new Map([["states", 1], ["zips", 1], ["k_states", 1]]); // prettier-ignore
    const problem = await failure(device().load({ ...compiled, wgsl: { eliminate: broken } }, sizes));
    expect(problem).toBeInstanceOf(Bug);
    expect(String(problem)).toMatch(
      /kernel 'eliminate' does not compile: \d+:\d+ unresolved (?:identifier|call target) 'maxx'/,
    );
    // It goes on working.
    const log_f = numbers(4, 0, 1);
    const outputs = await runOn(device(), programs.logSumExp, { states: 1, zips: 1, k_states: 4 }, { log_f });
    expect(outputs.get("largest")?.[0]).toBe(Math.max(...log_f));
  });

  it("take an input of another name or length calls it a bug", async () => {
    const loaded = await device().load(compile(programs.blocked), new Map([["zips", 2], ["states", 2]])); // prettier-ignore
    expect(() => loaded.write("y", [1])).toThrow(Bug);
    expect(() => loaded.write("partial", [1, 2])).toThrow(Bug);
    expect(() => loaded.write("nothing", [])).toThrow(Bug);
    loaded.dispose();
  });
});

describeOnDevice("a device", (device) => {
  it("counts the bytes of what is loaded", async () => {
    const before = device().bytes;
    const loaded = await device().load(compile(programs.blocked), new Map([["zips", 8], ["states", 4]])); // prettier-ignore
    // Inputs 8 x 4, tables 2 x 4 and 4, both once more as they are read back, and the uniforms of two kernels.
    expect(device().bytes - before).toBe(4 * (32 + 12 + 12) + 2 * 256);
    loaded.dispose();
    loaded.dispose();
    expect(device().bytes).toBe(before);
    await expect(loaded.run(SETTINGS)).rejects.toThrow(Bug);
  });

  it("runs one after the other what is asked for at once", async () => {
    const loaded = await device().load(compile(programs.draws), new Map([["states", 2], ["i_3", 3], ["k_states", 4]])); // prettier-ignore
    loaded.write("shape", [1, 2]);
    const settings = [1, 2, 3].map((iteration) => ({ ...SETTINGS, iteration }));
    const together = await Promise.all(settings.map((s) => loaded.run(s)));
    for (const [i, s] of settings.entries()) expect(await loaded.run(s)).toEqual(together[i]);
    loaded.dispose();
  });

  it("that is closed during a run says so instead of hanging", async () => {
    const own = await openAnyDevice();
    if (own === null) throw new Error("no adapter");
    const loaded = await own.load(compile(filled([rows])), new Map([["rows", 1000]]));
    const running = failure(loaded.run(SETTINGS));
    await own.close();
    expect(await running).toMatchObject({ name: "DeviceError", code: "E0603" });
    expect(await failure(loaded.run(SETTINGS))).toMatchObject({ code: "E0603" });
    expect(await failure(own.load(compile(filled([rows])), new Map([["rows", 10]])))).toMatchObject({
      code: "E0603",
    });
  });
});

describeOnDevice("a process", () => {
  /** Opens a device, makes it fail inside WebGPU, runs a program, and leaves the device open or not. */
  const SCRIPT = `
    import { emitJs } from "./src/codegen-js/emit.js";
    import { emitWgsl } from "./src/codegen-wgsl/emit.js";
    import { createDawnDevice } from "./src/runtime/dawn.js";
    import { useSoftwareVulkan } from "./src/runtime/vulkan.js";
    import { blocked } from "./tests/codegen/programs.js";
    process.stderr.write("before\\n");
    useSoftwareVulkan();
    const device = await createDawnDevice({ software: "any" });
    const compiled = { program: blocked, wgsl: emitWgsl(blocked), js: emitJs(blocked) };
    const sizes = new Map([["zips", 8], ["states", 2]]);
    const broken = { ...compiled.wgsl.sums, source: "nonsense" };
    await device.load({ ...compiled, wgsl: { ...compiled.wgsl, sums: broken } }, sizes).catch(() => 0);
    const loaded = await device.load(compiled, sizes);
    loaded.write("y", Array.from({ length: 16 }, (_, i) => i));
    const outputs = await loaded.run({ seed: 1, iteration: 1, drawsFrom: "iid" });
    if (process.argv[2] === "close") await device.close();
    process.stdout.write(JSON.stringify([...outputs.get("total")]));
    process.stderr.write("after\\n");
  `;

  it.each(["close", "leave open"])("ends by itself, with nothing of Dawn on stdout or stderr (%s)", (end) => {
    const directory = temporaryDirectory();
    transpile(directory, [
      "src/codegen-js/emit.ts",
      "src/codegen-wgsl/emit.ts",
      "src/runtime/dawn.ts",
      "src/runtime/vulkan.ts",
      "tests/codegen/programs.ts",
    ]);
    const script = join(directory, "script.js");
    writeFileSync(script, SCRIPT);
    const log = join(directory, "log");
    const file = openSync(log, "a");
    const { status, stdout } = spawnSync(process.execPath, [script, end], {
      stdio: ["ignore", "pipe", file],
      encoding: "utf8",
      timeout: 50_000,
    });
    closeSync(file);
    expect({ status, stdout, stderr: readFileSync(log, "utf8") }).toEqual({
      status: 0,
      stdout: "[56,64]",
      stderr: "before\nafter\n",
    });
  });
});

it("sizes are written for people", () => {
  expect([0, 1023, 1024, 1536, 128 * 2 ** 20, 1.5 * 2 ** 30].map(formatBytes)).toEqual([
    "0 bytes",
    "1023 bytes",
    "1 KiB",
    "1.5 KiB",
    "128 MiB",
    "1.5 GiB",
  ]);
});
