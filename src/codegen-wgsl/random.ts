// WGSL sources of the counter-based random numbers; they read seed, iteration and draws_from from the uniform `run`.
import { MOST_RANKED } from "../ir/program.js";
import { SOBOL_BITS, SOBOL_DIMENSIONS, SOBOL_DIRECTIONS } from "../ir/sobol.js";

/** Two direction numbers a word, the one of the lower bit in the lower half. */
const packedDirections = (): string =>
  SOBOL_DIRECTIONS.map((numbers) => {
    const words = numbers.flatMap((low, i) => (i % 2 === 0 ? [low + (numbers[i + 1] ?? 0) * 0x10000] : []));
    return `  ${words.map((word) => `0x${word.toString(16)}u`).join(", ")},`;
  }).join("\n");

/** By name. The same integers as codegen-js/random.ts, bit by bit; see there for what each does. */
export const RANDOM = {
  multiply_high: `// The upper half of a 64-bit product, from products of 16-bit halves
fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let t = a_high * b_low + ((a_low * b_low) >> 16u);
  let w = a_low * b_high + (t & 0xffffu);
  return a_high * b_high + (t >> 16u) + (w >> 16u);
}`,
  philox: `// Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011)
fn philox(counter: vec4u, seed_and_site: vec2u) -> vec4u {
  var c = counter;
  var key = seed_and_site;
  for (var i = 0; i < 10; i++) {
    let high0 = multiply_high(0xd2511f53u, c.x);
    let high2 = multiply_high(0xcd9e8d57u, c.z);
    c = vec4u(high2 ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high0 ^ c.w ^ key.y, 0xd2511f53u * c.x);
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}`,
  uniform_of: `// One of 2^23 evenly spaced numbers strictly between 0 and 1
fn uniform_of(word: u32) -> f32 {
  return f32(word >> 9u) * 0x1p-23 + 0x1p-24;
}`,
  mix_bits: `// A bijection of words that mixes all bits (MurmurHash3's last step)
fn mix_bits(word: u32) -> u32 {
  var h = word;
  h = (h ^ (h >> 16u)) * 0x85ebca6bu;
  h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
  return h ^ (h >> 16u);
}`,
  particle_hash: `fn particle_hash(particle: u32, key: vec2u) -> u32 {
  return mix_bits(mix_bits(particle ^ key.x) + key.y);
}`,
  permuted_word: `// One of a family of bijections of the words of so many bits: rounds of additions, odd factors and shifts
fn permuted_word(word: u32, bits: u32, key: vec4u) -> u32 {
  let mask = (1u << bits) - 1u;
  let shift = (bits + 1u) / 2u;
  var x = word;
  for (var round = 0u; round < 4u; round++) {
    x = ((x + key[round]) * 0x85ebca6bu) & mask;
    x ^= x >> shift;
    x = (x * 0xc2b2ae35u) & mask;
    x ^= x >> shift;
  }
  return x;
}`,
  particle_rank: `// The particle's place in a random permutation: its rank by a keyed hash; of many particles, a bijection of the next
// power of two, again and again until it is one of the places (Black and Rogaway 2002)
fn particle_rank(site: u32, element: u32, particle: u32, particles: u32, lane: u32) -> u32 {
  let key = philox(vec4u(element, lane, run.iteration, 0xffffffffu), vec2u(run.seed, site));
  if (particles > ${MOST_RANKED}u) {
    let bits = 32u - countLeadingZeros(particles - 1u);
    var place = permuted_word(particle, bits, key);
    while (place >= particles) { place = permuted_word(place, bits, key); }
    return place;
  }
  let mine = particle_hash(particle, key.xy);
  var rank = 0u;
  for (var other = 0u; other < particles; other++) { rank += u32(particle_hash(other, key.xy) < mine); }
  return rank;
}`,
  uniform_index: `fn uniform_index(count: f32, site: u32, element: u32, particle: u32, particles: u32) -> f32 {
  let words = philox(vec4u(element, particle, run.iteration, 0u), vec2u(run.seed, site));
  return f32(multiply_high(words.x, u32(count)));
}`,
  permuted_index: `fn permuted_index(count: f32, site: u32, element: u32, particle: u32, particles: u32) -> f32 {
  let within = u32(uniform_index(count, site, element, 0u, particles));
  let rank = particle_rank(site, element, particle, particles, 0u);
  return f32((rank * u32(count) + within) / particles);
}`,
  NO_POINT: `// Of draws that belong to no set of quasi-random points
const NO_POINT = vec3u(0xffffffffu, 0u, 0u);`,
  SOBOL_DIRECTIONS: `// Sobol's direction numbers: a line per dimension, two bits of the point's number per word
const SOBOL_DIRECTIONS = array<u32, ${SOBOL_DIMENSIONS * 8}>(
${packedDirections()}
);`,
  scrambled_digits: `// A point's stratum along a coordinate: Sobol's digits, each flipped by a hash of those before it (Owen 1995)
fn scrambled_digits(index: u32, bits: u32, coordinate: u32, key: vec2u) -> u32 {
  let first = coordinate % ${SOBOL_DIMENSIONS}u * ${SOBOL_BITS / 2}u;
  var digits = 0u;
  for (var bit = 0u; bit < bits; bit++) {
    let directions = SOBOL_DIRECTIONS[first + bit / 2u] >> (bit % 2u * 16u);
    digits ^= select(0u, directions & 0xffffu, ((index >> bit) & 1u) == 1u);
  }
  digits >>= ${SOBOL_BITS}u - bits;
  var stratum = 0u;
  for (var depth = 0u; depth < bits; depth++) {
    let before = (1u << depth) | (digits >> (bits - depth));
    let flip = particle_hash(before, key) >> 31u;
    stratum = (stratum << 1u) | (((digits >> (bits - 1u - depth)) & 1u) ^ flip);
  }
  return stratum;
}`,
  sobol_stratum: `// The particle's stratum along a coordinate (point: set, element of its plates, coordinate). Of a number of particles
// that is no power of two: the rank of its digits among all particles', shifted around
fn sobol_stratum(particle: u32, particles: u32, point: vec3u) -> u32 {
  let block = point.z / ${SOBOL_DIMENSIONS}u;
  let bits = 32u - countLeadingZeros(particles - 1u);
  let words = philox(vec4u(point.y, point.z, run.iteration, 0xfffffffeu), vec2u(run.seed, point.x));
  var index = particle;
  if (block > 0u) { index = particle_rank(point.x, point.y, particle, particles, block + 1u); }
  let mine = scrambled_digits(index, bits, point.z, words.xy);
  if (particles == 1u << bits) { return mine; }
  var rank = multiply_high(words.z, particles);
  for (var other = 0u; other < particles; other++) {
    rank += u32(scrambled_digits(other, bits, point.z, words.xy) < mine);
  }
  return rank % particles;
}`,
  place_in_stratum: `// A word's uniform; of a run that is not iid, in the particle's stratum
fn place_in_stratum(word: u32, site: u32, element: u32, particle: u32, particles: u32, lane: u32, point: vec3u) -> f32 {
  let within = uniform_of(word);
  if (run.draws_from == 0u) { return within; }
  var stratum: u32;
  if (run.draws_from == 2u && point.x != NO_POINT.x && particles <= ${2 ** SOBOL_BITS}u) {
    stratum = sobol_stratum(particle, particles, point);
  } else {
    stratum = particle_rank(site, element, particle, particles, lane);
  }
  return clamp((f32(stratum) + within) / f32(particles), 0x1p-24, 0x1.fffffep-1);
}`,
  std_uniform: `fn std_uniform(site: u32, element: u32, particle: u32, particles: u32, point: vec3u) -> f32 {
  let words = philox(vec4u(element, particle, run.iteration, 0u), vec2u(run.seed, site));
  return place_in_stratum(words.x, site, element, particle, particles, 0u, point);
}`,
  std_gamma: `// Marsaglia and Tsang 2000; below shape 1, a draw of shape + 1 times uniform^(1 / shape)
fn std_gamma(shape: f32, site: u32, element: u32, particle: u32, particles: u32, point: vec3u) -> f32 {
  let d = select(shape, shape + 1.0, shape < 1.0) - 0.333333333;
  let c = inverseSqrt(9.0 * d);
  let first = philox(vec4u(element, particle, run.iteration, 0u), vec2u(run.seed, site));
  var words = first;
  var u = place_in_stratum(first.x, site, element, particle, particles, 0u, point);
  var value = d;
  for (var attempt = 1u; attempt <= 64u; attempt++) {
    let normal = inv_Phi(u);
    let x = c * normal;
    let growth = x * (3.0 + x * (3.0 + x)); // (1 + x)^3 - 1
    if (x > -1.0 && ln(uniform_of(words.y)) < 0.5 * normal * normal + d * (log1p(growth) - growth)) {
      value = d + d * growth;
      break;
    }
    words = philox(vec4u(element, particle, run.iteration, attempt), vec2u(run.seed, site));
    u = uniform_of(words.x);
  }
  if (shape < 1.0) {
    let boost = place_in_stratum(first.w, site, element, particle, particles, 1u, NO_POINT);
    value *= exp_accurate(ln(boost) / max(shape, SMALLEST_NORMAL));
  }
  return max(value, SMALLEST_NORMAL);
}`,
} as const;
