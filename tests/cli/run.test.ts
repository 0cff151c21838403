// `mppc run` on a small model: what it prints and leaves, that it repeats itself, and that it overwrites nothing.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { summaryCsv } from "../../src/cli/csv.js";
import { summaryText } from "../../src/cli/summary-text.js";
import { byteSize, duration, shown } from "../../src/cli/table.js";
import { OPTIMISATION_NAMES } from "../../src/optimisations.js";
import { normalGroups } from "../support/normal-groups.js";
import { runCaughtIn, type Caught } from "./terminal.js";

const MODEL = `${normalGroups(0.5)}generated { real shift = m + 1; }
`;
const DATA = { y: [[0.4, 0.9, 0.7], [1.5, 1.1, 1.2]] }; // prettier-ignore

let folder = "";
const run = (...args: string[]): Promise<Caught> =>
  runCaughtIn(folder, [
    "run",
    "model.mpp",
    "--data",
    "data.json",
    "--device",
    "reference",
    "-K",
    "8",
    ...args,
  ]);
const read = (...path: string[]): string => readFileSync(join(folder, ...path), "utf8");

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mppc-run-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  writeFileSync(join(folder, "other.mpp"), MODEL);
  writeFileSync(join(folder, "data.json"), JSON.stringify({ ...DATA, N: 2 }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("mppc run", () => {
  it("prints a table and leaves every file", async () => {
    const { code, out, err } = await run("--iterations", "12", "--output", "first");
    expect(code).toBe(0);
    const lines = out.split("\n");
    expect(lines[0]?.split(/\s+/)).toEqual(["name", "mean", "sd", "mcse", "q5", "q50", "q95", "ess"]);
    expect(lines.slice(1, 5).map((line) => line.split(" ")[0])).toEqual([
      "m",
      "theta[1]",
      "theta[2]",
      "shift",
    ]);
    expect(out).toMatch(/^log evidence -\d+\.\d\d \(Monte Carlo error [\d.e-]+\)$/m);
    expect(err).toContain("note[N0501]: the model does not use 'N' of data.json");
    expect(err).toContain("Device: float64 reference.");
    expect(err).toMatch(/^iteration 1 of 12, log evidence/m);
    expect(err).toContain("results are in first");
    const files = [
      "draws.csv",
      "guide.json",
      "log_lik.csv",
      "posterior.json",
      "result.json",
      "settings.json",
      "summary.csv",
      "trace.csv",
    ];
    expect(readdirSync(join(folder, "first")).sort()).toEqual(files);
    const settings = JSON.parse(read("first", "settings.json")) as { optimisations: unknown };
    expect(settings.optimisations).toEqual(OPTIMISATION_NAMES);
    expect(read("first", "summary.csv")).toMatch(/^name,mean,sd,mcse_mean,q5,q50,q95,ess\nm,-?\d/);
    const iterations = read("first", "trace.csv").split("\n").slice(1, -1);
    expect(iterations.filter((line) => !line.includes(",start,"))).toHaveLength(12);
  });

  it("prints how each group does where that is asked for", async () => {
    const { code, out } = await run(
      "--output",
      "diagnosed",
      "--iterations",
      "10",
      "--diagnostics",
      "--quiet",
    );
    expect(code).toBe(0);
    const lines = out.split("\n");
    const header = lines.findIndex((line) => /^group +particles +independent draws +ess median/.test(line));
    const result = JSON.parse(read("diagnosed", "result.json")) as {
      diagnostics: { effective_sample_sizes: { group: string; independent_draws: number }[] };
    };
    const sizes = result.diagnostics.effective_sample_sizes;
    const worst = sizes.toSorted((a, b) => a.independent_draws - b.independent_draws);
    expect(lines.slice(header + 1, header + 1 + sizes.length).map((line) => line.split(/ +/)[0])).toEqual(
      worst.map((each) => each.group),
    );
    expect(Number(lines[header + 1]?.split(/ +/)[2])).toBeCloseTo(worst[0]?.independent_draws ?? NaN, 0);
  });

  it("gives the guide in the form that `mppc estimate` reads, with the particles", async () => {
    await run("--iterations", "5", "--output", "loop");
    const { parameters } = JSON.parse(read("loop", "guide.json")) as { parameters: unknown };
    const posterior = JSON.parse(read("loop", "posterior.json")) as {
      log_evidence: number;
      particles: unknown;
    };
    writeFileSync(join(folder, "guide.json"), JSON.stringify(parameters));
    const args =
      "estimate model.mpp --data data.json --particles loop/posterior.json --guide-parameters guide.json --device reference";
    const { code, out, err } = await runCaughtIn(folder, args.split(" "));
    expect(err).not.toContain("error");
    expect(code).toBe(0);
    // The particles are written to 9 digits.
    expect((JSON.parse(out) as { log_evidence: number }).log_evidence).toBeCloseTo(posterior.log_evidence, 5);
  });

  it("prints JSON as documented", async () => {
    const { code, out } = await run(
      "--iterations",
      "5",
      "--output",
      "json",
      "--json",
      "--quiet",
      "--seed",
      "9",
    );
    expect(code).toBe(0);
    const report = JSON.parse(out) as Record<string, Record<string, unknown>>;
    expect(Object.keys(report)).toEqual(
      ["summary", "parameters", "evidence", "diagnostics", "draws", "leave_one_out", "timing", "memory", "device", "seed", "version"], // prettier-ignore
    );
    expect(Object.keys(report["timing"] ?? {})).toEqual(
      ["compile_seconds", "first_iteration_seconds", "seconds_per_iteration", "iterations", "seconds_per_set", "total_seconds"], // prettier-ignore
    );
    expect(report["timing"]?.["iterations"]).toBe(5);
    expect(report["seed"]).toBe(9);
    expect(report["memory"]?.["peak_rss_bytes"]).toBeGreaterThan(1e7);
    expect(report["memory"]?.["device_bytes"]).toBeGreaterThan(0);
    expect((report["evidence"]?.["trace"] as number[]).length).toBe(5);
    expect(JSON.parse(read("json", "result.json"))).toEqual(report);
  });

  it("gives the same results for the same seed, and others for another", async () => {
    const [a, b, c] = [await run("--iterations", "5", "--output", "a"), await run("--iterations", "5", "--output", "b"), await run("--iterations", "5", "--output", "c", "--seed", "2")]; // prettier-ignore
    expect(a.out).toBe(b.out);
    expect(read("a", "summary.csv")).toBe(read("b", "summary.csv"));
    expect(a.out).not.toBe(c.out);
  });

  it("replaces a run of the same model aloud, and no other", async () => {
    const again = await run("--iterations", "3", "--output", "first");
    expect(again.code).toBe(0);
    expect(again.err).toContain("the earlier run in first will be replaced");
    const other = ["run", "other.mpp", "--data", "data.json", "--device", "reference", "--output", "first"];
    const refused = await runCaughtIn(folder, other);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("error[E0805]: 'first' holds a run of another model, model.mpp");
    expect(readdirSync(join(folder, "first"))).toHaveLength(8);
  });

  it("makes a directory of its own without --output, and says where", async () => {
    const { err } = await run("--iterations", "3");
    const [, directory = ""] = /^results are in (mppc-runs\/model-\d{8}-\d{6})$/m.exec(err) ?? [];
    expect(readdirSync(join(folder, directory))).toContain("result.json");
  });

  it("finds a model that is named after the data", async () => {
    const args =
      "run --device reference -K 4 --iterations 3 --output last --quiet --data data.json model.mpp";
    expect((await runCaughtIn(folder, args.split(" "))).code).toBe(0);
    const missing = await runCaughtIn(folder, ["run", "--data", "data.json"]);
    expect(missing).toEqual({
      code: 2,
      out: "",
      err: "error[E0800]: this call is wrong: missing required argument 'model'\n   = hint: see 'mppc run --help'\n",
    });
  });

  it("is silent on stderr with --quiet, but for warnings and notes", async () => {
    const { err } = await run("--iterations", "3", "--quiet", "--output", "quiet");
    for (const line of err.split("\n")) expect(line).toMatch(/^(?:note\[|warning\[| {3}= hint|$)/);
  });

  it("runs a compiled model", async () => {
    const compiled = await runCaughtIn(folder, ["compile", "model.mpp", "-o", "model.mppc"]);
    expect(compiled).toEqual({ code: 0, out: "", err: "" });
    const args = ["run", "model.mppc", "--data", "data.json", "--device", "reference", "-K", "8"];
    const result = await runCaughtIn(folder, [
      ...args,
      "--iterations",
      "4",
      "--output",
      "compiled",
      "--json",
    ]);
    expect(result.code).toBe(0);
    const source = await run("--iterations", "4", "--output", "source", "--json");
    const means = (text: string): number[] =>
      (JSON.parse(text) as { summary: { mean: number }[] }).summary.map((row) => row.mean);
    const [a, b] = [means(result.out), means(source.out)];
    a.forEach((mean, i) => expect(mean).toBeCloseTo(b[i] ?? NaN, 9));
  });

  it("learns the model's parameters, and predicts with them", async () => {
    const model = `data { plate t; real v[t]; }
parameters { real mu = 0; }
model { plate t { z ~ normal(mu, 2); v ~ normal(z, 1); } }
generated { plate t { real again ~ normal(z, 1); } }
`;
    writeFileSync(join(folder, "learned.mpp"), model);
    writeFileSync(join(folder, "learned.json"), JSON.stringify({ v: [4, 7, 2, 9, 6] }));
    const args = "run learned.mpp --data learned.json --device reference -K 8 --output learned";
    const { code, out } = await runCaughtIn(folder, args.split(" "));
    expect(code).toBe(0);
    const learned = (JSON.parse(read("learned", "result.json")) as { parameters: { mu: number } }).parameters;
    expect(Math.abs(learned.mu - 5.6)).toBeLessThan(0.1);
    expect(out).toContain(`learned parameters\nmu = ${learned.mu.toPrecision(4)}\n`);
    const predicted = await runCaughtIn(
      folder,
      "predict learned --data learned.json --device reference".split(" "),
    );
    expect(predicted.code).toBe(0);
  });

  it("gives a failed inference the exit code 3", async () => {
    const model =
      "data { plate rows; real y[rows]; } model { u ~ beta(2, 2); plate rows { y ~ uniform(0, u); } }\n";
    writeFileSync(join(folder, "impossible.mpp"), model);
    writeFileSync(join(folder, "impossible.json"), '{"y": [5, 6]}');
    const args = "run impossible.mpp --data impossible.json --device reference -K 4 --output impossible";
    const { code, out, err } = await runCaughtIn(folder, args.split(" "));
    expect(code).toBe(3);
    expect(out).toBe("");
    expect(err).toContain("error[E0701]");
  });
});

describe("mppc explain", () => {
  it("shows steps, kernels and tables for the data's sizes and these particles", async () => {
    const { code, out } = await runCaughtIn(folder, [
      "explain",
      "model.mpp",
      "--data",
      "data.json",
      "-K",
      "m=40",
    ]);
    expect(code).toBe(0);
    expect(out).toContain("Plates: groups 2, items 3");
    expect(out).toMatch(/sum out k_theta +groups x k_m x k_theta +\[groups, k_m\] +2,400/);
    expect(out).toContain("Kernels of one iteration");
    expect(out).toContain("Stored tables");
  });

  it("shows what optimisations did, and what an iteration takes without each of them", async () => {
    const args = ["explain", "model.mpp", "--data", "data.json", "--optimize", "all,-share", "--savings"];
    const { code, out } = await runCaughtIn(folder, args);
    expect(code).toBe(0);
    expect(out).toMatch(/^optimisation +where +saves$/m);
    expect(out).toMatch(/^merge +k\d+_\S+ +\d+ kernel/m);
    expect(out).not.toContain("share ");
    const times = [...out.matchAll(/^(as it is|with(?:out)? [\w-]+) +([\d.]+) (us|ms)/gm)].map(
      ([, what, time, unit]) => [what, Number(time) * (unit === "us" ? 1 : 1000)] as const,
    );
    const own = new Map(times).get("as it is") ?? NaN;
    expect(times.map(([what]) => what)).toContain("without merge");
    expect(new Map(times).get("with none")).toBeGreaterThan(own);
  });

  it("knows its optimisations by name", async () => {
    const { code, err } = await runCaughtIn(folder, ["explain", "model.mpp", "--optimize", "all,-tile"]);
    expect(code).toBe(2);
    expect(err).toContain("there is no '-tile'. Did you mean tiles?");
  });
});

const ROW = { mean: 1, sd: 1, mcse_mean: 0.1, q5: -1, q50: 0, q95: 1, ess: 100 };

describe("the summary", () => {
  it("quotes names with commas", () => {
    const text = [...summaryCsv({ summary: [{ name: "z[3,7]", ...ROW }] })].join("");
    expect(text).toBe('name,mean,sd,mcse_mean,q5,q50,q95,ess\n"z[3,7]",1,1,0.1,-1,0,1,100\n');
  });

  it("shows the first elements of long quantities, and all on demand", () => {
    const summary = Array.from({ length: 6000 }, (_, i) => ({ name: `z[${i + 1}]`, ...ROW }));
    const evidence = { mean: -1234.567, mcse: 0.0123, sets: [], effectiveSets: 1 };
    const parameters = [["rate", 0.5]] as const;
    const text = summaryText({ summary, evidence }, { file: "DIR/summary.csv", all: false, parameters });
    expect(text.split("\n").map((line) => line.split("  ")[0])).toEqual(
      ["name", "z[1]", "z[2]", "z[3]", "z[4]", "z[5]", "... 5,995 more of z in DIR/summary.csv", "", "learned parameters", "rate = 0.5000", "", "log evidence -1234.57 (Monte Carlo error 0.01230)", ""], // prettier-ignore
    );
    expect(
      summaryText({ summary, evidence }, { file: "DIR/summary.csv", all: true }).split("\n"),
    ).toHaveLength(6004);
  });

  it("shows numbers for people", () => {
    expect([0, 1234567.8, 0.000123456, 1e-9, -123.456, NaN, Infinity, 2.5e8].map(shown)).toEqual(
      ["0", "1234568", "0.000123", "1.000e-9", "-123.5", "-", "inf", "2.500e+8"], // prettier-ignore
    );
    expect([3.25, 75, 7300].map(duration)).toEqual(["3.3 s", "1 min 15 s", "2 h 1 min"]);
    expect([512, 3.4 * 2 ** 20].map(byteSize)).toEqual(["512 bytes", "3.4 MiB"]);
  });
});
