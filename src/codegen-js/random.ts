// Counter-based random numbers in float64: the twin of the functions that the kernels in WGSL call.
import { invPhi } from "./special/normal.js";

/** What every draw of a run depends on besides site, element and particle; unsigned 32-bit. */
export type RandomRun = { readonly seed: number; readonly iteration: number; readonly stratified: boolean };

export type Words = readonly [number, number, number, number];

/** The upper 32 bits of a product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const t = Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16);
  const w = Math.imul(aLow, bHigh) + (t & 0xffff);
  return (Math.imul(aHigh, bHigh) + (t >>> 16) + (w >>> 16)) >>> 0;
}

/** Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011): four random words for a counter and a key. */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const low2 = Math.imul(0xcd9e8d57, c2) >>> 0;
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high2 = multiplyHigh(0xcd9e8d57, c2);
    [c0, c1, c2, c3] = [(high2 ^ c1 ^ k0) >>> 0, low2, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** One of 2^23 evenly spaced numbers strictly between 0 and 1; float32 holds each exactly. */
const uniformOf = (word: number): number => (word >>> 9) * 2 ** -23 + 2 ** -24;

/** A bijection of 32-bit words that mixes all bits: the last step of MurmurHash3 (Appleby). */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The fourth counter word of permutations: no attempt has this number. */
const PERMUTATION = 0xffffffff;

type Stream = { readonly site: number; readonly element: number; readonly run: RandomRun };

/** A random permutation of 0 .. particles - 1, at most 2^20 of them: each particle's rank by a hash that is keyed by two random words. */
function permutation({ site, element, run }: Stream, lane: number, particles: number): Uint32Array {
  const [key0, key1] = philox([element, lane, run.iteration, PERMUTATION], [run.seed, site]);
  const hashes = new Float64Array(particles); // distinct, since the hash is a bijection
  for (let q = 0; q < particles; q++) hashes[q] = mix((mix(q ^ key0) + key1) >>> 0) * 2 ** 20 + q;
  hashes.sort();
  const ranks = new Uint32Array(particles);
  hashes.forEach((hash, rank) => (ranks[hash % 2 ** 20] = rank));
  return ranks;
}

type Ranks = Stream & { readonly particles: number; readonly ranks: Uint32Array };

/** By site and lane: particles of one element are drawn one after the other, so only the last permutation is kept. */
const lastRanks = new Map<number, Ranks>();

function rankOf(particle: number, particles: number, stream: Stream, lane: number): number {
  const { site, element, run } = stream;
  let last = lastRanks.get(2 * site + lane);
  const isSame =
    last?.element === element &&
    last.particles === particles &&
    last.run.seed === run.seed &&
    last.run.iteration === run.iteration;
  if (last === undefined || !isSame) {
    const { seed, iteration, stratified } = run;
    const ranks = permutation(stream, lane, particles);
    last = { site, element, run: { seed, iteration, stratified }, particles, ranks };
    lastRanks.set(2 * site + lane, last);
  }
  return last.ranks[particle] ?? 0;
}

const SMALLEST = 2 ** -24;

/** The word's uniform; of a stratified run, moved into the stratum that a fresh permutation gives the particle. */
function place(word: number, particle: number, particles: number, stream: Stream, lane: number): number {
  const within = uniformOf(word);
  if (!stream.run.stratified) return within;
  const u = (rankOf(particle, particles, stream, lane) + within) / particles;
  return Math.min(Math.max(u, SMALLEST), 1 - SMALLEST);
}

/** A uniform draw on (0, 1) at `site` for one particle of one element; all counters are unsigned 32-bit. */
export function stdUniform(
  site: number,
  element: number,
  particle: number,
  particles: number,
  run: RandomRun,
): number {
  const [word] = philox([element, particle, run.iteration, 0], [run.seed, site]);
  return place(word, particle, particles, { site, element, run }, 0);
}

/**
 * A gamma draw of rate 1 by Marsaglia and Tsang (2000); below shape 1, one of shape + 1 times uniform^(1 / shape). The
 * first attempt's normal and that last uniform are stratified. After 64 refusals (probability under 1e-80) the mode.
 */
export function stdGamma(
  shape: number,
  site: number,
  element: number,
  particle: number,
  particles: number,
  run: RandomRun,
): number {
  const stream = { site, element, run };
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const first = philox([element, particle, run.iteration, 0], [run.seed, site]);
  let words = first;
  let value = d;
  for (let attempt = 0; attempt < 64; attempt++) {
    if (attempt > 0) words = philox([element, particle, run.iteration, attempt], [run.seed, site]);
    const u = attempt === 0 ? place(words[0], particle, particles, stream, 0) : uniformOf(words[0]);
    const normal = invPhi(u);
    const x = c * normal;
    const growth = x * (3 + x * (3 + x)); // (1 + x)^3 - 1
    if (x > -1 && Math.log(uniformOf(words[1])) < 0.5 * normal * normal + d * (Math.log1p(growth) - growth)) {
      value = d + d * growth;
      break;
    }
  }
  if (shape < 1) value *= place(first[3], particle, particles, stream, 1) ** (1 / shape);
  return Math.max(value, SMALLEST_NORMAL);
}

/** The smallest positive float64 of full precision: no draw from a positive family is 0. */
const SMALLEST_NORMAL = 2 ** -1022;
