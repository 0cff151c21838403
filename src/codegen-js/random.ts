// Counter-based random numbers in float64: the twin of the functions that the kernels in WGSL call.
import { MOST_RANKED, type RandomPrimitive } from "../ir/program.js";
import { SOBOL_BITS, SOBOL_DIMENSIONS, SOBOL_DIRECTIONS } from "../ir/sobol.js";
import { invPhi } from "./special/normal.js";

/**
 * How the particles of one element are placed: independently; each scalar's in strata of their own, by a fresh random
 * permutation (a Latin hypercube); or as points of a scrambled Sobol sequence over all scalars of a group.
 */
export type DrawsFrom = "iid" | "stratified" | "sobol";

/** What every draw of a run depends on besides site, element and particle; unsigned 32-bit. */
export type RandomRun = {
  readonly seed: number;
  readonly iteration: number;
  readonly drawsFrom: DrawsFrom;
  /** Of programs that compute a portion of a plate: the place of its first element. */
  readonly first?: number;
};

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

/** The last four words that `generate` made: draws are far too many for an array each. */
const WORDS = new Uint32Array(4);

/** Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011): four random words for a counter and a key, in `WORDS`. */
function generate(c0: number, c1: number, c2: number, c3: number, key0: number, key1: number): void {
  // As signed words throughout, which are what the engine computes with; the bits are the same.
  let [x0, x1, x2, x3] = [c0 | 0, c1 | 0, c2 | 0, c3 | 0];
  let [k0, k1] = [key0 | 0, key1 | 0];
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, x0) | 0;
    const high2 = multiplyHigh(0xcd9e8d57, x2) | 0;
    const low0 = Math.imul(0xd2511f53, x0);
    const low2 = Math.imul(0xcd9e8d57, x2);
    x0 = high2 ^ x1 ^ k0;
    x1 = low2;
    x2 = high0 ^ x3 ^ k1;
    x3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  WORDS[0] = x0;
  WORDS[1] = x1;
  WORDS[2] = x2;
  WORDS[3] = x3;
}

/** The same, of a counter and a key as arrays. */
export function philox([c0, c1, c2, c3]: Words, [k0, k1]: readonly [number, number]): Words {
  generate(c0, c1, c2, c3, k0, k1);
  return [word(0), word(1), word(2), word(3)];
}

const word = (i: 0 | 1 | 2 | 3): number => WORDS[i] ?? 0;

/** One of 2^23 evenly spaced numbers strictly between 0 and 1; float32 holds each exactly. */
const uniformOf = (bits: number): number => (bits >>> 9) * 2 ** -23 + 2 ** -24;

/** A bijection of 32-bit words that mixes all bits: the last step of MurmurHash3 (Appleby). */
export function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The fourth counter words of permutations and of Sobol points: no attempt has these numbers. */
const PERMUTATION = 0xffffffff;
const SCRAMBLING = 0xfffffffe;

/** The set of draws that have no set of points. */
const NO_POINTS = 0xffffffff;

const keyedHash = (word: number, key0: number, key1: number): number => mix((mix(word ^ key0) + key1) >>> 0);

type Stream = { readonly site: number; readonly element: number; readonly run: RandomRun };

/** One of a family of bijections of the words of `bits` bits: rounds of additions, odd factors and shifts. */
function permutedWord(word: number, bits: number, key: Words): number {
  const mask = 2 ** bits - 1;
  const shift = (bits + 1) >> 1;
  return key.reduce((before, addend) => {
    let x = Math.imul(before + addend, 0x85ebca6b) & mask;
    x ^= x >>> shift;
    x = Math.imul(x, 0xc2b2ae35) & mask;
    return x ^ (x >>> shift);
  }, word);
}

/**
 * A random permutation of 0 .. particles - 1, at most 2^20 of them, from four random words. Of few particles: each one's
 * rank by a keyed hash. Of many: a bijection of the next power of two, applied again and again until the result is one of
 * the places (cycle walking: Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
 */
function permutation({ site, element, run }: Stream, lane: number, particles: number): Uint32Array {
  const key = philox([element, lane, run.iteration, PERMUTATION], [run.seed, site]);
  const ranks = new Uint32Array(particles);
  if (particles > MOST_RANKED) {
    const bits = 32 - Math.clz32(particles - 1);
    return ranks.map((_, q) => {
      let place = permutedWord(q, bits, key);
      while (place >= particles) place = permutedWord(place, bits, key);
      return place;
    });
  }
  const hashes = new Float64Array(particles); // distinct, since the hash is a bijection
  for (let q = 0; q < particles; q++) hashes[q] = keyedHash(q, key[0], key[1]) * 2 ** 20 + q;
  hashes.sort();
  hashes.forEach((hash, rank) => (ranks[hash % 2 ** 20] = rank));
  return ranks;
}

type Ranks = Stream & { readonly particles: number; readonly ranks: Uint32Array };

/** By site and lane: particles of one element are drawn one after the other, so only the last permutation is kept. */
const lastRanks = new Map<number, Ranks>();
const rankKey = (site: number, lane: number): number => lane * 2 ** 32 + site;

function rankOf(particle: number, particles: number, stream: Stream, lane: number): number {
  const { site, element, run } = stream;
  let last = lastRanks.get(rankKey(site, lane));
  const isSame =
    last?.element === element &&
    last.particles === particles &&
    last.run.seed === run.seed &&
    last.run.iteration === run.iteration;
  if (last === undefined || !isSame) {
    const { seed, iteration, drawsFrom } = run;
    const ranks = permutation(stream, lane, particles);
    last = { site, element, run: { seed, iteration, drawsFrom }, particles, ranks };
    lastRanks.set(rankKey(site, lane), last);
  }
  return last.ranks[particle] ?? 0;
}

const SMALLEST = 2 ** -24;

/** A coordinate of a set of Sobol points: see Coordinate in ir/program.ts. `element`: of the set's plates. */
type Point = { readonly set: number; readonly element: number; readonly coordinate: number };

/** Ranks of particles in the further blocks of coordinates use the lanes from here on. */
const FIRST_BLOCK_LANE = 2;

/**
 * The stratum, of 2^bits, in which point `index` lies: Sobol's digits under nested uniform scrambling (Owen 1995), each
 * digit flipped or not by a hash of the digits before it.
 */
function scrambledDigits(index: number, bits: number, coordinate: number, [key0, key1]: Words): number {
  const directions = SOBOL_DIRECTIONS[coordinate % SOBOL_DIMENSIONS] ?? [];
  let digits = 0;
  for (let bit = 0; bit < bits; bit++) if ((index >>> bit) & 1) digits ^= directions[bit] ?? 0;
  digits >>>= SOBOL_BITS - bits;
  let stratum = 0;
  for (let depth = 0; depth < bits; depth++) {
    const before = (1 << depth) | (digits >>> (bits - depth));
    const flip = keyedHash(before, key0, key1) >>> 31;
    stratum = (stratum << 1) | (((digits >>> (bits - 1 - depth)) & 1) ^ flip);
  }
  return stratum;
}

/**
 * The strata, of as many as there are points, that the first points of the sequence fall into along a coordinate. Of a
 * power of two points they are those of the digits; of other numbers, the ranks of those, shifted around by a random
 * number, so that each point by itself is in any stratum alike. Coordinates beyond the table are those of other points,
 * in a random order. The key is of the set, its element and the coordinate.
 */
function sobolStrata(particles: number, { set, element, coordinate }: Point, run: RandomRun): Uint32Array {
  const block = Math.floor(coordinate / SOBOL_DIMENSIONS);
  const order =
    block === 0 ? null : permutation({ site: set, element, run }, FIRST_BLOCK_LANE + block - 1, particles);
  const bits = 32 - Math.clz32(particles - 1);
  const key = philox([element, coordinate, run.iteration, SCRAMBLING], [run.seed, set]);
  const strata = new Uint32Array(particles);
  for (let k = 0; k < particles; k++) strata[k] = scrambledDigits(order?.[k] ?? k, bits, coordinate, key);
  if (particles === 2 ** bits) return strata;
  const taken = new Uint32Array(2 ** bits);
  for (const stratum of strata) taken[stratum] = 1;
  let rank = multiplyHigh(key[2], particles);
  const ranks = taken.map((isTaken) => (isTaken === 1 ? rank++ % particles : 0));
  return strata.map((stratum) => ranks[stratum] ?? 0);
}

type Strata = { readonly key: string; readonly strata: Uint32Array };

/** By set and coordinate: particles of one element are drawn one after the other, so only the last strata are kept. */
const lastStrata = new Map<string, Strata>();

function sobolStratum(particle: number, particles: number, point: Point, run: RandomRun): number {
  const of = `${point.set},${point.coordinate}`;
  const key = `${point.element},${particles},${run.seed},${run.iteration}`;
  let last = lastStrata.get(of);
  if (last?.key !== key) {
    last = { key, strata: sobolStrata(particles, point, run) };
    lastStrata.set(of, last);
  }
  return last.strata[particle] ?? 0;
}

/** The uniform of these bits; of a run that is not iid, moved into the particle's stratum. */
function place(
  bits: number,
  particle: number,
  particles: number,
  stream: Stream,
  lane: number,
  point: Point | null,
): number {
  const within = uniformOf(bits);
  const { drawsFrom } = stream.run;
  if (drawsFrom === "iid") return within;
  const stratum =
    drawsFrom === "sobol" && point !== null && particles <= 2 ** SOBOL_BITS
      ? sobolStratum(particle, particles, point, stream.run)
      : rankOf(particle, particles, stream, lane);
  const u = (stratum + within) / particles;
  return Math.min(Math.max(u, SMALLEST), 1 - SMALLEST);
}

/**
 * A uniform draw on (0, 1) at `site` for one particle of one element; all counters are unsigned 32-bit. The last three
 * say which coordinate of which set of Sobol points it takes; without them a run from Sobol points stratifies it.
 */
export function stdUniform(
  site: number,
  element: number,
  particle: number,
  particles: number,
  run: RandomRun,
  set: number = NO_POINTS,
  setElement = 0,
  coordinate = 0,
): number {
  generate(element, particle, run.iteration, 0, run.seed, site);
  if (run.drawsFrom === "iid") return uniformOf(word(0));
  const point = pointOf(set, setElement, coordinate);
  return place(word(0), particle, particles, { site, element, run }, 0, point);
}

/** A whole number from 0 up to (without) `count`, every particle's independent of the others'. */
export function uniformIndex(
  count: number,
  site: number,
  element: number,
  particle: number,
  _particles: number,
  run: RandomRun,
): number {
  generate(element, particle, run.iteration, 0, run.seed, site);
  return multiplyHigh(word(0), count);
}

/**
 * The same, spread evenly over the particles of an element, by a fresh random permutation: of as many particles as
 * numbers every number falls to one; else to as many as to any other, or one more (systematic resampling).
 */
export function permutedIndex(
  count: number,
  site: number,
  element: number,
  particle: number,
  particles: number,
  run: RandomRun,
): number {
  const within = uniformIndex(count, site, element, 0, particles, run);
  const rank = rankOf(particle, particles, { site, element, run }, 0);
  return Math.floor((rank * count + within) / particles);
}

const pointOf = (set: number, element: number, coordinate: number): Point | null =>
  set === NO_POINTS ? null : { set, element, coordinate };

/**
 * A gamma draw of rate 1 by Marsaglia and Tsang (2000); below shape 1, one of shape + 1 times uniform^(1 / shape). The
 * first attempt's normal is placed as the run says, and that last uniform stratified where the run is not iid. After 64 refusals (probability under 1e-80) the mode.
 */
export function stdGamma(
  shape: number,
  site: number,
  element: number,
  particle: number,
  particles: number,
  run: RandomRun,
  set: number = NO_POINTS,
  setElement = 0,
  coordinate = 0,
): number {
  const point = pointOf(set, setElement, coordinate);
  const stream = { site, element, run };
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const first = philox([element, particle, run.iteration, 0], [run.seed, site]);
  let words = first;
  let value = d;
  for (let attempt = 0; attempt < 64; attempt++) {
    if (attempt > 0) words = philox([element, particle, run.iteration, attempt], [run.seed, site]);
    const u = attempt === 0 ? place(words[0], particle, particles, stream, 0, point) : uniformOf(words[0]);
    const normal = invPhi(u);
    const x = c * normal;
    const growth = x * (3 + x * (3 + x)); // (1 + x)^3 - 1
    if (x > -1 && Math.log(uniformOf(words[1])) < 0.5 * normal * normal + d * (Math.log1p(growth) - growth)) {
      value = d + d * growth;
      break;
    }
  }
  if (shape < 1) value *= place(first[3], particle, particles, stream, 1, null) ** (1 / shape);
  return Math.max(value, SMALLEST_NORMAL);
}

/** The smallest positive float64 of full precision: no draw from a positive family is 0. */
const SMALLEST_NORMAL = 2 ** -1022;

/** What kernels call, by the primitive of the IR. */
export const RANDOM = {
  std_uniform: stdUniform,
  std_gamma: stdGamma,
  uniform_index: uniformIndex,
  permuted_index: permutedIndex,
} as const satisfies Record<RandomPrimitive, unknown>;
