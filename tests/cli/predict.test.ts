// Draws, held-out data and `mppc predict` on a small model: files, what counts as a new element, and mistakes.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { normalGroups } from "../support/normal-groups.js";
import { runCaughtIn, type Caught } from "./terminal.js";

const MODEL = `${normalGroups(0.5)}generated { plate groups { plate items { y_rep ~ normal(theta, 0.5); } real shift = theta - m; } }
`;

let folder = "";
const cli = (line: string): Promise<Caught> => runCaughtIn(folder, line.split(" "));
const run = (rest: string): Promise<Caught> =>
  cli(`run model.mpp --data data.json --device reference -K 8 --iterations 8 ${rest}`);
const read = (...path: string[]): string => readFileSync(join(folder, ...path), "utf8");
const give = (file: string, y: readonly (readonly number[])[]): void =>
  writeFileSync(join(folder, file), JSON.stringify({ y }));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mppc-predict-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  give("data.json", [[0.4, 0.9, 0.7], [1.5, 1.1, 1.2]]); // prettier-ignore
  give("more.json", [[0.2, 0.6], [1.4, 1.9]]); // prettier-ignore
  give("one.json", [[0.3]]);
  give("three.json", [[0.3], [1.1], [0.8]]);
  await run("--output fit --draws 200 --test more.json");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("draws of a run", () => {
  it("are a table with a column per element of every quantity", () => {
    const [header = "", ...rows] = read("fit", "draws.csv").trimEnd().split("\n");
    expect(header).toBe(
      'set,m,theta[1],theta[2],"y_rep[1,1]","y_rep[1,2]","y_rep[1,3]","y_rep[2,1]","y_rep[2,2]","y_rep[2,3]",shift[1],shift[2]',
    );
    expect(rows).toHaveLength(200);
    for (const row of rows) {
      const cells = row.split(",").map(Number);
      expect((cells[2] ?? NaN) - (cells[1] ?? NaN)).toBeCloseTo(cells[10] ?? NaN, 5);
    }
  });
  it("give predictions their rows of the summary, and observations their log-likelihoods", () => {
    const names = read("fit", "summary.csv").split("\n").map((line) => line.replaceAll('"', "").split(/,(?=-?\d+\.)/)[0]); // prettier-ignore
    expect(names).toContain("y_rep[2,3]");
    const [header, first] = read("fit", "log_lik.csv").split("\n");
    expect(header).toBe("name,lpd,mcse_lpd,elpd_loo,p_loo,pareto_k");
    expect(first).toMatch(/^"y\[1,1\]",-/);
  });
  it("are as many as asked for, and none at 0", async () => {
    const { code } = await run("--output none --draws 0 --quiet");
    expect(code).toBe(0);
    expect(existsSync(join(folder, "none", "draws.csv"))).toBe(false);
    const { err } = await cli("predict none --data more.json --device reference");
    expect(err).toContain("draws.csv");
  });
});

describe("held-out data", () => {
  const total = (text: string): number =>
    Number(/predictive log-likelihood (-?[\d.]+) /.exec(text)?.[1] ?? NaN);

  it("is predicted by the run and, from its directory, again", async () => {
    const report = JSON.parse(read("fit", "result.json")) as { held_out: { log_likelihood: number } };
    const { code, out, err } = await cli("predict fit --data more.json --device reference --output again");
    expect(code).toBe(0);
    expect(err).toContain("predictions are in again");
    expect(out).toContain("(Monte Carlo error");
    expect(out).toContain("  groups: the 2 elements of the run\n  items: 2 new observations each\n");
    // The draws are written to 9 digits, and here computed in float32.
    expect(total(out)).toBeCloseTo(report.held_out.log_likelihood, 1);
    expect(read("again", "log_lik.csv")).toBe(read("fit", "predictions", "log_lik.csv"));
    expect(read("again", "predictions.csv").split("\n")[1]).toMatch(/^"y_rep\[1,1\]",/);
  });
  it("may have more elements of a plate, which are drawn from the model", async () => {
    const { out } = await cli("predict fit --data three.json --device reference --output three");
    expect(out).toContain("groups: the 2 elements of the run, and 1 new ones, drawn from the model");
  });
  it("may be of other elements, if that is said", async () => {
    const refused = await cli("predict fit --data one.json --device reference");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("error[E0842]: the new data has 1 element of plate 'groups'");
    const { code, out } = await cli(
      "predict fit --data one.json --new-elements groups --device reference --json",
    );
    expect(code).toBe(0);
    const { held_out: found } = JSON.parse(out) as { held_out: Record<string, unknown> };
    expect(found["plates"]).toEqual({ groups: { length: 1, known: 0 } });
    expect(found["observations"]).toBe(1);
  });
  it("that is wrong is refused", async () => {
    const misspelt = await cli("predict fit --data one.json --new-elements group --device reference");
    expect(misspelt.err).toContain("error[E0841]: --new-elements group names no plate of this model");
    expect(misspelt.err).toContain("did you mean 'groups'?");
    expect((await cli("predict nowhere --data one.json --device reference")).err).toContain("error[E0845]");
    expect((await run("--draws 0 --test more.json --output x")).err).toContain("error[E0849]");
    expect((await run("--new-elements groups --output x")).err).toContain("error[E0848]");
  });
  it("needs the model as it was", async () => {
    writeFileSync(join(folder, "model.mpp"), `${MODEL}// changed\n`);
    const { code, err } = await cli("predict fit --data more.json --device reference");
    writeFileSync(join(folder, "model.mpp"), MODEL);
    expect(code).toBe(2);
    expect(err).toContain("error[E0847]: 'model.mpp' has changed since the run");
  });
});
