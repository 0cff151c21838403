// `mppc estimate` against sums over all combinations of particles written out by hand, and its form.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCaughtIn } from "./terminal.js";

const MODEL = `data { plate groups; plate items in groups; real y[items]; }
model {
  m ~ normal(0, 2);
  plate groups {
    theta ~ normal(m, 1);
    plate items { y ~ normal(theta, 0.5); }
  }
}
`;
const Y = [[0.4, 0.9], [1.5, 1.1], [-0.3, 0.2]]; // prettier-ignore
const M = [0.1, 0.9];
const THETA = [[0.5, 0.6, 0.9], [1.5, 1.4, 1.3], [0, 0.1, -0.2]]; // prettier-ignore
const GUIDE = { m: { mu: 0.2, sigma: 1.5 }, theta: { mu: [0.5, 1.2, 0.1], sigma: [0.6, 0.7, 0.8] } };
const FIXTURE = {
  data: { y: Y },
  particles: { m: M, theta: THETA },
  guide_parameters: GUIDE,
};

const normal = (x: number, mu: number, sigma: number): number =>
  Math.exp(-0.5 * ((x - mu) / sigma) ** 2) / (sigma * Math.sqrt(2 * Math.PI));
const at = (values: readonly number[], i: number): number => values[i] ?? NaN;
const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);

/**
 * For each particle of m, its weight times the sum over the particles of every theta; by the formula of P_MP. `given`:
 * for each particle of m and each group the probabilities of theta's particles.
 */
function byHand(): { evidence: number; weights: number[]; given: number[][][] } {
  const terms = M.map((m) =>
    Y.map((y, g) =>
      (THETA[g] ?? []).map((theta) => {
        const q = normal(theta, at(GUIDE.theta.mu, g), at(GUIDE.theta.sigma, g));
        return (normal(theta, m, 1) * y.map((x) => normal(x, theta, 0.5)).reduce((a, b) => a * b)) / (3 * q);
      }),
    ),
  );
  const perM = M.map((m, k) => {
    const prior = normal(m, 0, 2) / (M.length * normal(m, GUIDE.m.mu, GUIDE.m.sigma));
    return prior * (terms[k] ?? []).map(sum).reduce((a, b) => a * b);
  });
  const evidence = sum(perM);
  const given = terms.map((ofM) => ofM.map((ofTheta) => ofTheta.map((x) => x / sum(ofTheta))));
  return { evidence: Math.log(evidence), weights: perM.map((x) => x / evidence), given };
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mppc-estimate-"));
  writeFileSync(join(folder, "model.mpp"), MODEL);
  writeFileSync(join(folder, "all.json"), JSON.stringify(FIXTURE));
  writeFileSync(join(folder, "data.json"), JSON.stringify(FIXTURE.data));
  writeFileSync(join(folder, "guide.json"), JSON.stringify(GUIDE));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Answer = {
  log_evidence: number;
  marginal_weights: { m: number[]; theta: number[][] };
  moments: { m: { mean: number; mean_square: number }; theta: { mean: number[]; mean_square: number[] } };
  joint_weights?: Record<string, unknown>;
  covariance?: Record<string, unknown>;
  gradients?: Partial<Record<"vi" | "rws", Record<string, Record<string, unknown>>>>;
};

async function estimate(...more: string[]): Promise<{ answer: Answer; text: string }> {
  const files = "--data all.json --particles all.json --guide-parameters all.json --device reference";
  const { code, out, err } = await runCaughtIn(folder, [
    "estimate",
    "model.mpp",
    ...files.split(" "),
    ...more,
  ]);
  expect(err).toBe("Device: float64 reference.\n");
  expect(code).toBe(0);
  return { answer: JSON.parse(out) as Answer, text: out };
}

describe("mppc estimate", () => {
  it("agrees with the sum over all combinations", async () => {
    const { answer } = await estimate();
    const { evidence, weights } = byHand();
    expect(answer.log_evidence).toBeCloseTo(evidence, 12);
    answer.marginal_weights.m.forEach((w, k) => expect(w).toBeCloseTo(at(weights, k), 12));
    expect(answer.moments.m.mean).toBeCloseTo(sum(M.map((m, k) => m * at(weights, k))), 12);
    expect(answer.moments.m.mean_square).toBeCloseTo(sum(M.map((m, k) => m * m * at(weights, k))), 12);
    answer.marginal_weights.theta.forEach((w, g) => {
      expect(sum(w)).toBeCloseTo(1, 12);
      const mean = sum(w.map((x, k) => x * at(THETA[g] ?? [], k)));
      expect(at(answer.moments.theta.mean, g)).toBeCloseTo(mean, 12);
    });
    expect(Object.keys(answer)).toEqual(["log_evidence", "marginal_weights", "moments"]);
  });

  it("gives joint weights, conditionals and covariances of latents of different plates", async () => {
    const args = ["--joint", "theta,m", "--covariance", "m,theta"];
    const { answer } = await estimate(...args);
    const joint = (answer.joint_weights?.["theta,m"] ?? []) as number[][][];
    const covariance = answer.covariance as { "m,m": number; "m,theta": number[]; "theta,theta": number[] };
    const { weights, given } = byHand();
    const mean = sum(M.map((m, k) => m * at(weights, k)));
    expect(covariance["m,m"]).toBeCloseTo(sum(M.map((m, k) => (m - mean) ** 2 * at(weights, k))), 12);
    joint.forEach((table, g) => {
      const meanTheta = at(answer.moments.theta.mean, g);
      let expected = 0;
      table.forEach((row, kTheta) => {
        row.forEach((w, kM) => {
          const p = at(weights, kM) * at(given[kM]?.[g] ?? [], kTheta);
          expect(w).toBeCloseTo(p, 12);
          expected += p * (at(M, kM) - mean) * (at(THETA[g] ?? [], kTheta) - meanTheta);
        });
      });
      expect(covariance["m,theta"][g]).toBeCloseTo(expected, 12);
      const variance = at(answer.moments.theta.mean_square, g) - meanTheta ** 2;
      expect(covariance["theta,theta"][g]).toBeCloseTo(variance, 12);
    });
  });

  it("gives joint weights from a compiled model, which was made without them", async () => {
    const compiled = await runCaughtIn(folder, ["compile", "model.mpp", "-o", "model.mppc"]);
    expect(compiled.code).toBe(0);
    const files = "--data all.json --particles all.json --guide-parameters all.json --device reference";
    const { out } = await runCaughtIn(folder, `estimate model.mppc ${files} --joint m,theta`.split(" "));
    const { answer } = await estimate("--joint", "m,theta");
    expect((JSON.parse(out) as Answer).joint_weights).toEqual(answer.joint_weights);
  });

  it("gives 17 significant digits", async () => {
    const { text } = await estimate();
    const digits = [...text.matchAll(/-?(\d+)\.(\d+)/g)].map(
      ([, a = "", b = ""]) => (a + b).replace(/^0+/, "").length,
    );
    expect(digits.length).toBeGreaterThan(10);
    expect(new Set(digits)).toEqual(new Set([17]));
  });

  it.each(["vi", "rws"] as const)("gives %s gradients on the learned scale", async (kind) => {
    const { answer } = await estimate("--gradients", kind);
    const gradients = answer.gradients?.[kind] ?? {};
    expect(Object.keys(answer.gradients ?? {})).toEqual([kind]);
    expect(Object.keys(gradients["m"] ?? {})).toEqual(["mu", "log_sigma"]);
    expect(gradients["theta"]?.["log_sigma"]).toHaveLength(3);
  });

  it("rws gradients are those of the evidence at fixed particles", async () => {
    const { answer } = await estimate("--gradients", "rws");
    const { weights } = byHand();
    // d log P / d mu = -sum_k w_k d log q(m_k) / d mu = -sum_k w_k (m_k - mu) / sigma^2
    const expected = -sum(M.map((m, k) => (at(weights, k) * (m - GUIDE.m.mu)) / GUIDE.m.sigma ** 2));
    expect(answer.gradients?.rws?.["m"]?.["mu"]).toBeCloseTo(expected, 11);
  });

  it("takes the parts apart as well", async () => {
    const args =
      "estimate model.mpp --data data.json --particles all.json --guide-parameters guide.json --device reference";
    const { out } = await runCaughtIn(folder, args.split(" "));
    const { text } = await estimate();
    expect(out).toBe(text);
  });

  it("says what particles it does not use", async () => {
    writeFileSync(join(folder, "more.json"), JSON.stringify({ particles: { ...FIXTURE.particles, z: [1] } }));
    const args =
      "estimate model.mpp --data data.json --particles more.json --guide-parameters guide.json --device reference";
    const { code, err } = await runCaughtIn(folder, args.split(" "));
    expect(code).toBe(0);
    expect(err).toContain("note[N0801]");
  });

  it("writes null, with a warning, where the data is impossible", async () => {
    const model =
      "data { plate rows; real y[rows]; } model { u ~ uniform(0, 1); plate rows { y ~ uniform(0, u); } }\n";
    writeFileSync(join(folder, "impossible.mpp"), model);
    const all = {
      data: { y: [5] },
      particles: { u: [0.2, 0.4] },
      guide_parameters: { u: { alpha: 1, beta: 1, lower: 0, upper: 1, mu: 0, sigma: 1 } },
    };
    writeFileSync(join(folder, "impossible.json"), JSON.stringify(all));
    const args = "estimate impossible.mpp --data impossible.json --particles impossible.json --guide-parameters impossible.json --device reference"; // prettier-ignore
    const { code, out, err } = await runCaughtIn(folder, args.split(" "));
    expect(code).toBe(0);
    expect((JSON.parse(out) as { log_evidence: unknown }).log_evidence).toBeNull();
    expect(err).toContain("warning[W0801]: the log evidence is not finite");
  });
});
