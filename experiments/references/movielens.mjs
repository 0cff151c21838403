// The posterior of the movielens example by Markov chain Monte Carlo: what QEM, RWS and VI are compared with.
//   node experiments/references/movielens.mjs [--sweeps 40000] [--seed 1]
// Writes movielens.json: mean, sd and Monte Carlo error of every latent.
//
// A Gibbs sampler with Polya-Gamma weights (Polson, Scott and Windle 2013): given them the ratings are normal
// observations of z . x. The populations' means and spreads are updated both given z and given the standardised z
// (interweaving, Yu and Meng 2011), as each alone mixes slowly.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { normal, times, uniforms } from "../../examples/random.mjs";

const HERE = import.meta.dirname;
const { values } = parseArgs({
  options: { sweeps: { type: "string", default: "40000" }, seed: { type: "string", default: "1" } },
});
const SWEEPS = Number(values.sweeps);
const WARM_UP = Math.floor(SWEEPS / 10);
const BATCHES = 40;
const uniform = uniforms(Number(values.seed));
const gaussian = () => normal(uniform, 0, 1);
const { rating, x } = JSON.parse(readFileSync(join(HERE, "../../examples/movielens/data.json"), "utf8"));
const USERS = rating.length;
const D = x[0][0].length;

// Polya-Gamma(1, c) by Devroye's method: the alternating series of the Jacobi distribution, cut at 0.64.
const CUT = 0.64;
const exponential = () => -Math.log(uniform());
const phi = (t) => 0.5 * erfc(-t / Math.SQRT2);
/** Complementary error function, relative error below 1.2e-7 (Numerical Recipes): enough to choose between two halves. */
function erfc(t) {
  const z = Math.abs(t);
  const u = 1 / (1 + 0.5 * z);
  const poly = [1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277]; // prettier-ignore
  const series = poly.reduceRight((sum, coefficient) => coefficient + u * sum, 0);
  const value = u * Math.exp(-z * z - 1.26551223 + u * series);
  return t >= 0 ? value : 2 - value;
}
function coefficient(n, t) {
  const k = n + 0.5;
  return t > CUT
    ? Math.PI * k * Math.exp(-k * k * Math.PI * Math.PI * 0.5 * t)
    : Math.PI * k * (2 / (Math.PI * t)) ** 1.5 * Math.exp((-2 * k * k) / t);
}
/** Inverse Gaussian of mean 1 / z and shape 1, below the cut. */
function inverseGaussianBelow(z) {
  if (1 / z > CUT) {
    for (;;) {
      let [e, f] = [exponential(), exponential()];
      while (e * e > (2 * f) / CUT) [e, f] = [exponential(), exponential()];
      const t = CUT / (1 + CUT * e) ** 2;
      if (uniform() < Math.exp(-0.5 * z * z * t)) return t;
    }
  }
  for (;;) {
    const mean = 1 / z;
    const y = gaussian() ** 2;
    let t = mean + 0.5 * mean * mean * y - 0.5 * mean * Math.sqrt(4 * mean * y + (mean * y) ** 2);
    if (uniform() > mean / (mean + t)) t = (mean * mean) / t;
    if (t < CUT) return t;
  }
}
function polyaGamma(c) {
  const z = Math.max(Math.abs(c) / 2, 1e-8);
  const rate = (Math.PI * Math.PI) / 8 + (z * z) / 2;
  const right = (Math.PI / (2 * rate)) * Math.exp(-rate * CUT);
  const root = Math.sqrt(1 / CUT);
  const below = phi(root * (CUT * z - 1)) + Math.exp(2 * z) * phi(-root * (CUT * z + 1));
  const left = 2 * Math.exp(-z) * below;
  for (;;) {
    const t = uniform() < right / (right + left) ? CUT + exponential() / rate : inverseGaussianBelow(z);
    let sum = coefficient(0, t);
    const y = uniform() * sum;
    for (let n = 1; ; n++) {
      if (n % 2 === 1) {
        sum -= coefficient(n, t);
        if (y <= sum) return t / 4;
      } else {
        sum += coefficient(n, t);
        if (y > sum) break;
      }
    }
  }
}

/** A draw from N(P^-1 b, P^-1), P symmetric positive definite as rows. */
function drawNormal(precision, b) {
  const n = b.length;
  const L = precision.map((row) => row.slice());
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = L[i][j];
      for (let k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
      L[i][j] = i === j ? Math.sqrt(sum) : sum / L[j][j];
    }
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= L[i][k] * y[k];
    y[i] = sum / L[i][i];
  }
  const z = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = y[i] + gaussian();
    for (let k = i + 1; k < n; k++) sum -= L[k][i] * z[k];
    z[i] = sum / L[i][i];
  }
  return z;
}

/** One update by slice sampling, stepping out by 0.5 (Neal 2003). */
function slice(value, logDensity) {
  const level = logDensity(value) - exponential();
  let low = value - 0.5 * uniform();
  let high = low + 0.5;
  while (logDensity(low) > level) low -= 0.5;
  while (logDensity(high) > level) high += 0.5;
  for (;;) {
    const candidate = low + (high - low) * uniform();
    if (logDensity(candidate) > level) return candidate;
    if (candidate < value) low = candidate;
    else high = candidate;
  }
}

const mu = new Float64Array(D);
const psi = new Float64Array(D);
const z = times(USERS, () => Float64Array.from({ length: D }, gaussian));
const omega = rating.map((row) => new Float64Array(row.length));
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const zeros = () => times(D, () => new Float64Array(D));

function sweep() {
  for (let m = 0; m < USERS; m++) {
    const precision = zeros();
    const b = new Float64Array(D);
    for (let i = 0; i < D; i++) {
      precision[i][i] = Math.exp(-2 * psi[i]);
      b[i] = precision[i][i] * mu[i];
    }
    rating[m].forEach((y, n) => {
      const features = x[m][n];
      const w = (omega[m][n] = polyaGamma(dot(features, z[m])));
      for (let i = 0; i < D; i++) {
        if (features[i] === 0) continue;
        b[i] += (y - 0.5) * features[i];
        for (let j = 0; j <= i; j++) precision[i][j] += w * features[i] * features[j];
      }
    });
    z[m] = drawNormal(precision, b);
  }
  centred();
  standardised();
}

/** Means and spreads of the population given z. */
function centred() {
  for (let i = 0; i < D; i++) {
    const precision = Math.exp(-2 * psi[i]);
    const sum = z.reduce((total, each) => total + each[i], 0);
    const spread = 1 / (1 + USERS * precision);
    mu[i] = normal(uniform, spread * precision * sum, Math.sqrt(spread));
    const squares = z.reduce((total, each) => total + (each[i] - mu[i]) ** 2, 0);
    psi[i] = slice(psi[i], (p) => -0.5 * p * p - USERS * p - 0.5 * squares * Math.exp(-2 * p));
  }
}

/** The same given (z - mu) / exp(psi): the ratings' normal approximation with the weights omega is exact given them. */
function standardised() {
  const epsilon = z.map((each) => each.map((value, i) => (value - mu[i]) / Math.exp(psi[i])));
  const precision = zeros();
  const b = new Float64Array(D);
  for (let i = 0; i < D; i++) precision[i][i] = 1;
  rating.forEach((row, m) =>
    row.forEach((y, n) => {
      const features = x[m][n];
      const offset = features.reduce((sum, f, i) => sum + f * Math.exp(psi[i]) * epsilon[m][i], 0);
      const w = omega[m][n];
      for (let i = 0; i < D; i++) {
        if (features[i] === 0) continue;
        b[i] += features[i] * (y - 0.5 - w * offset);
        for (let j = 0; j <= i; j++) precision[i][j] += w * features[i] * features[j];
      }
    }),
  );
  mu.set(drawNormal(precision, b));
  for (let i = 0; i < D; i++) {
    // log likelihood of the offset e * s, s = exp(psi_i), is linear * s - quadratic * s^2 / 2
    let [linear, quadratic] = [0, 0];
    rating.forEach((row, m) =>
      row.forEach((y, n) => {
        const features = x[m][n];
        if (features[i] === 0) return;
        let rest = 0;
        for (let j = 0; j < D; j++)
          rest += features[j] * (mu[j] + (j === i ? 0 : Math.exp(psi[j]) * epsilon[m][j]));
        const e = features[i] * epsilon[m][i];
        linear += e * (y - 0.5 - omega[m][n] * rest);
        quadratic += omega[m][n] * e * e;
      }),
    );
    psi[i] = slice(psi[i], (p) => -0.5 * p * p + linear * Math.exp(p) - 0.5 * quadratic * Math.exp(2 * p));
  }
  epsilon.forEach((each, m) => (z[m] = each.map((value, i) => mu[i] + Math.exp(psi[i]) * value)));
}

const names = [
  ...times(D, (i) => `mu[${i + 1}]`),
  ...times(D, (i) => `psi[${i + 1}]`),
  ...times(USERS * D, (j) => `z[${Math.floor(j / D) + 1},${(j % D) + 1}]`),
];
const state = () => [...mu, ...psi, ...z.flatMap((each) => [...each])];
const sums = new Float64Array(names.length);
const squares = new Float64Array(names.length);
const batches = [];
const kept = SWEEPS - WARM_UP;
for (let s = 0, batch = new Float64Array(names.length); s < SWEEPS; s++) {
  sweep();
  if (s < WARM_UP) continue;
  state().forEach((value, i) => {
    sums[i] += value;
    squares[i] += value * value;
    batch[i] += value;
  });
  if ((s - WARM_UP + 1) % Math.floor(kept / BATCHES) === 0) {
    batches.push(batch.map((sum) => sum / Math.floor(kept / BATCHES)));
    batch = new Float64Array(names.length);
  }
  if (s % 2000 === 0) process.stderr.write(`${s} of ${SWEEPS} sweeps\n`);
}
const round = (value) => Number(value.toPrecision(5));
const parameters = names.map((name, i) => {
  const mean = sums[i] / kept;
  const sd = Math.sqrt(squares[i] / kept - mean * mean);
  const spread = batches.reduce((sum, batch) => sum + (batch[i] - mean) ** 2, 0) / (batches.length - 1);
  return [name, { mean: round(mean), sd: round(sd), mcse: round(Math.sqrt(spread / batches.length)) }];
});
const lines = parameters.map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
writeFileSync(
  join(HERE, "movielens.json"),
  `{\n  "sampler": "Polya-Gamma Gibbs, interwoven",\n  "sweeps": ${SWEEPS},\n  "parameters": {\n${lines.join(",\n")}\n  }\n}\n`,
);
