// Plans of batches: which jobs, in which order, named by content; and what mistakes in a specification say.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matchFiles } from "../../src/batch/glob.js";
import { readManifest, type Job } from "../../src/batch/manifest.js";
import { runCaughtIn } from "../cli/terminal.js";

const MODEL =
  "data { plate rows; real y[rows]; } model { m ~ normal(0, 1); plate rows { y ~ normal(m, 1); } }\n";

let folder = "";
const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
const mppc = (...args: string[]) => runCaughtIn(folder, args);
const jobsIn = (path: string): readonly Job[] => {
  const { jobs, diagnostics } = readManifest({ path, text: readFileSync(join(folder, path), "utf8") });
  expect(diagnostics).toEqual([]);
  return jobs ?? [];
};
/** What a specification is planned to. */
async function planned(yaml: string): Promise<readonly Job[]> {
  write("spec.yaml", yaml);
  const { code, err } = await mppc("batch", "plan", "spec.yaml", "-o", "spec.jsonl");
  expect(code, err).toBe(0);
  return jobsIn("spec.jsonl");
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mppc-plan-"));
  for (const name of ["data", "data/more", "sub"]) mkdirSync(join(folder, name));
  for (const name of ["a.mpp", "b.mpp", "sub/a.mpp"]) write(name, MODEL);
  write("b.mpp", MODEL.replace("normal(0, 1)", "normal(0, 2)"));
  for (const [i, name] of ["d1", "d2", "d3", "more/d4"].entries())
    write(`data/${name}.json`, JSON.stringify({ y: [i, i + 1] }));
  write("data/.hidden.json", "{}");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("patterns", () => {
  it.each([
    ["data/*.json", ["data/d1.json", "data/d2.json", "data/d3.json"]],
    ["data/d[12].json", ["data/d1.json", "data/d2.json"]],
    ["data/d[!12].json", ["data/d3.json"]],
    ["data/d?.json", ["data/d1.json", "data/d2.json", "data/d3.json"]],
    ["**/d4.json", ["data/more/d4.json"]],
    ["data/**", ["data/d1.json", "data/d2.json", "data/d3.json", "data/more/d4.json"]],
    ["*/more/*.json", ["data/more/d4.json"]],
    ["data/.h*", ["data/.hidden.json"]],
    ["./data/d1.json", ["./data/d1.json"]],
    ["data/d1.jso", []],
    ["data", []],
  ])("%s", (pattern, files) => expect(matchFiles(pattern, folder)).toEqual(files));

  it("may begin at the root", () =>
    expect(matchFiles(join(folder, "data", "d*.json"), ".")).toEqual(
      ["d1", "d2", "d3"].map((name) => join(folder, "data", `${name}.json`)),
    ));
});

describe("a plan", () => {
  it("has every combination, neighbours differing by data and seed alone", async () => {
    const jobs = await planned(
      "models: [a.mpp, b.mpp]\ndata: data/d[12].json\nseeds: [1..2, 7]\nsettings:\n  K: [10, {all: 20, m: 30}]\n  method: [qem, vi]\n",
    );
    expect(jobs).toHaveLength(2 * 2 * 3 * 2 * 2);
    expect(new Set(jobs.map((job) => job.id)).size).toBe(jobs.length);
    expect(jobs.slice(0, 7).map((j) => [j.model.path, j.data[0]?.path, j.seed, j.settings])).toEqual([
      ["a.mpp", "data/d1.json", 1, { K: ["10"], method: ["qem"] }],
      ["a.mpp", "data/d1.json", 2, { K: ["10"], method: ["qem"] }],
      ["a.mpp", "data/d1.json", 7, { K: ["10"], method: ["qem"] }],
      ["a.mpp", "data/d2.json", 1, { K: ["10"], method: ["qem"] }],
      ["a.mpp", "data/d2.json", 2, { K: ["10"], method: ["qem"] }],
      ["a.mpp", "data/d2.json", 7, { K: ["10"], method: ["qem"] }],
      ["a.mpp", "data/d1.json", 1, { K: ["10"], method: ["vi"] }],
    ]);
    expect(jobs.at(-1)?.settings).toEqual({ K: ["20", "m=30"], method: ["vi"] });
  });

  it("is the same from the command line", async () => {
    const spec = await planned(
      "models: a.mpp\ndata: data/d?.json\nseeds: 1..2\nsettings: {K: [10, 20], method: vi}",
    );
    const args = "batch plan a.mpp --data data/d?.json --seed 1..2 -K 10 -K 20 --set method=vi -o cli.jsonl";
    const { code, err } = await mppc(...args.split(" "));
    expect({ code, err }).toEqual({ code: 0, err: "12 jobs in cli.jsonl\n" });
    expect(jobsIn("cli.jsonl")).toEqual(spec);
  });

  it("reads files together, and may hold several blocks", async () => {
    const jobs = await planned(
      "- models: a.mpp\n  data:\n    - [data/d1.json, 'data/d[23].json']\n- models: b.mpp\n  data: data/d1.json\n  settings: {test: [[data/d2.json, data/d3.json]]}\n",
    );
    expect(jobs.map((job) => job.data.map((file) => file.path))).toEqual([
      ["data/d1.json", "data/d2.json"],
      ["data/d1.json", "data/d3.json"],
      ["data/d1.json"],
    ]);
    expect(jobs.map((job) => job.test.length)).toEqual([0, 0, 2]);
  });

  it("names jobs by content, not by names, and with defaults", async () => {
    const [here] = await planned("models: a.mpp\ndata: data/d1.json\n");
    const [there] = await planned(
      `models: sub/a.mpp\ndata: ${join(folder, "data", "d1.json")}\nseeds: 1\nsettings: {method: qem, start: tempered}\n`,
    );
    expect(there?.id).toBe(here?.id);
    expect(there?.data[0]?.path).toBe(join(folder, "data", "d1.json"));
    const others = [
      "models: b.mpp\ndata: data/d1.json",
      "models: a.mpp\ndata: data/d2.json",
      "models: a.mpp\ndata: data/d1.json\nseeds: 2",
      "models: a.mpp\ndata: data/d1.json\nsettings: {K: 10}",
      "models: a.mpp\ndata: data/d1.json\nsettings: {test: data/d1.json}",
      "models: a.mpp\ndata: data/d1.json\nsettings: {init: data/d1.json}",
    ];
    const ids = new Set([here?.id]);
    for (const other of others) ids.add((await planned(other))[0]?.id);
    expect(ids.size).toBe(1 + others.length);
  });

  it("leaves out what is there already, with a note", async () => {
    const { code, err, out } = await mppc("batch", "plan", "*.mpp", "--seed", "1", "--seed", "1..2");
    expect(code).toBe(0);
    expect(err).toBe("note[N1201]: 2 jobs that are the same as others, by content, are left out\n4 jobs\n");
    expect(out.split("\n")[0]).toBe('{"format":"mppc batch","version":1,"jobs":4}');
  });

  it("names files from where the manifest is", async () => {
    const args = ["batch", "plan", "a.mpp", "--data", "data/d1.json", "-o", "sub/jobs.jsonl"];
    expect((await mppc(...args)).code).toBe(0);
    const [job] = jobsIn("sub/jobs.jsonl");
    expect([job?.model.path, job?.data[0]?.path]).toEqual(["../a.mpp", "../data/d1.json"]);
  });

  it("reports every mistake of a specification at its place", async () => {
    const yaml = [
      "model: a.mpp",
      "data: data/x*.json",
      "seeds: [5..1, many]",
      "settings:",
      "  draws_from: iid",
      "  output: here",
      "  K: some",
      "  method: {a: b}",
      "  step:",
    ].join("\n");
    write("wrong.yaml", yaml);
    const { code, err } = await mppc("batch", "plan", "wrong.yaml");
    expect(code).toBe(1);
    expect(err.match(/(?:error\[E\d+\]: .*|--> .*)/g)).toEqual([
      "error[E1202]: 'model' means nothing in a batch's specification",
      "--> wrong.yaml:1:1",
      "error[E1203]: this names no models",
      "--> wrong.yaml:1:1",
      "error[E1205]: '5..1' is no seed and no range of seeds",
      "--> wrong.yaml:3:9",
      "error[E1205]: 'many' is no seed and no range of seeds",
      "--> wrong.yaml:3:15",
      "error[E1204]: 'step' should be a value, or a list of values, found nothing",
      "--> wrong.yaml:9:8",
    ]);
    expect(err).toContain("did you mean 'models'?");
    write(
      "wrong.yaml",
      yaml.replace("model:", "models:").replace("[5..1, many]", "1").replace("\n  step:", ""),
    );
    const { err: further } = await mppc("batch", "plan", "wrong.yaml");
    expect(further.match(/(?:error\[E\d+\]: .*|--> .*|hint: did.*)/g)).toEqual([
      "error[E1206]: no file matches 'data/x*.json'",
      "--> wrong.yaml:2:7",
      "error[E1207]: 'mppc run' has no option 'draws_from'",
      "--> wrong.yaml:5:3",
      "hint: did you mean 'draws-from'?",
      "error[E1208]: 'output' is not a setting of a batch's jobs",
      "--> wrong.yaml:6:3",
      "error[E1209]: 'K' cannot be 'some': It should be a whole number.",
      "--> wrong.yaml:7:6",
      "error[E1209]: 'method' cannot be 'a=b': Allowed choices are qem, rws, vi, importance.",
      "--> wrong.yaml:8:11",
    ]);
  });

  it("of a model that is wrong is none", async () => {
    write("wrong.mpp", MODEL.replace("normal(m, 1)", "normal(n, 1)"));
    const { code, err, out } = await mppc("batch", "plan", "wrong.mpp");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("wrong.mpp:1:");
  });

  it("stops before it is too many jobs to write down", async () => {
    const { code, err } = await mppc("batch", "plan", "a.mpp", "--seed", "0..4294967295");
    expect(code).toBe(1);
    expect(err).toContain("error[E1210]: this would be 4,294,967,296 jobs, and 1,000,000 are the most");
  });
});
