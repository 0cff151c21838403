// `mppc run`, `estimate` and `compile` with a table whose rows name what they belong to and lack some of their values.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCaughtIn } from "./terminal.js";

const MODEL = `data {
  plate counties;
  plate houses in counties by county;
  real y[houses];
  real x[houses];
  real u[counties];
}
model {
  mu ~ normal(0, 2);
  plate counties {
    alpha ~ normal(mu + u, 0.5);
    plate houses { eta ~ normal(alpha + x, 0.5); y ~ normal(eta, 0.7); }
  }
}
generated { plate counties { plate houses { real r = eta - alpha; } } }
`;
const TABLE = `county,y,x,u
LAC QUI PARLE,1.0,0,0.1
AITKIN,2.0,1,0.5
LAC QUI PARLE,,1,0.1
"ANOKA ""N""",NA,0,0.2
AITKIN,1,0,0.5
`;
const HOUSES = ["LAC QUI PARLE,1", "AITKIN,1", "LAC QUI PARLE,2", 'ANOKA ""N"",1', "AITKIN,2"];

let folder = "";
const mppc = async (...args: string[]): Promise<string> => {
  const { code, out, err } = await runCaughtIn(folder, args);
  expect([code, err.includes("error")]).toEqual([0, false]);
  return out;
};
const ON_DATA = ["--data", "houses.csv", "--device", "reference"];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mppc-ragged-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  writeFileSync(join(folder, "houses.csv"), TABLE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("reports every row under its element's name, in the file's order", async () => {
  await mppc("run", "model.mpp", ...ON_DATA, "-K", "5", "--iterations", "4", "--output", "run");
  const names = readFileSync(join(folder, "run", "summary.csv"), "utf8")
    .split("\n")
    .slice(1)
    .flatMap((line) => /^("(?:[^"]|"")*"|[^",]+),/.exec(line)?.[1] ?? [])
    .map((cell) => cell.replace(/^"(.*)"$/, "$1"));
  expect(names).toEqual([
    "mu",
    ...["LAC QUI PARLE", "AITKIN", 'ANOKA ""N""'].map((county) => `alpha[${county}]`),
    ...HOUSES.map((house) => `eta[${house}]`),
    ...HOUSES.map((house) => `r[${house}]`),
  ]);
});

it("estimates from what a run leaves, from source and from a compiled file that was planned without data", async () => {
  await mppc("compile", "model.mpp", "-o", "model.mppc");
  const particles = JSON.parse(readFileSync(join(folder, "run", "posterior.json"), "utf8")) as {
    log_evidence: number;
    weights: Record<string, unknown[]>;
  };
  expect(particles.weights["eta"]).toHaveLength(HOUSES.length);
  for (const model of ["model.mpp", "model.mppc"]) {
    const given = ["--particles", "run/posterior.json", "--guide-parameters", "run/guide.json"];
    const found = JSON.parse(await mppc("estimate", model, ...ON_DATA, ...given)) as typeof particles;
    expect(found.log_evidence).toBeCloseTo(particles.log_evidence, 6);
  }
});
