// draw_uniforms: draw_uniforms
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
  n_k_states: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// uniforms [states, i_3, k_states]: uniform draws
@group(0) @binding(1) var<storage, read_write> uniforms: array<f32>;
override n_states: u32 = 1u;
override n_i_3: u32 = 1u;
override n_k_states: u32 = 1u;
override stride_k_states: u32 = 1u;

// The upper half of a 64-bit product, from products of 16-bit halves
fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let t = a_high * b_low + ((a_low * b_low) >> 16u);
  let w = a_low * b_high + (t & 0xffffu);
  return a_high * b_high + (t >> 16u) + (w >> 16u);
}
// Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011)
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
}
// One of 2^23 evenly spaced numbers strictly between 0 and 1
fn uniform_of(word: u32) -> f32 {
  return f32(word >> 9u) * 0x1p-23 + 0x1p-24;
}
// A bijection of words that mixes all bits (MurmurHash3's last step)
fn mix_bits(word: u32) -> u32 {
  var h = word;
  h = (h ^ (h >> 16u)) * 0x85ebca6bu;
  h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
  return h ^ (h >> 16u);
}
fn particle_hash(particle: u32, key: vec2u) -> u32 {
  return mix_bits(mix_bits(particle ^ key.x) + key.y);
}
// One of a family of bijections of the words of so many bits: rounds of additions, odd factors and shifts
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
}
// The particle's place in a random permutation: its rank by a keyed hash; of many particles, a bijection of the next
// power of two, again and again until it is one of the places (Black and Rogaway 2002)
fn particle_rank(site: u32, element: u32, particle: u32, particles: u32, lane: u32) -> u32 {
  let key = philox(vec4u(element, lane, run.iteration, 0xffffffffu), vec2u(run.seed, site));
  if (particles > 256u) {
    let bits = 32u - countLeadingZeros(particles - 1u);
    var place = permuted_word(particle, bits, key);
    while (place >= particles) { place = permuted_word(place, bits, key); }
    return place;
  }
  let mine = particle_hash(particle, key.xy);
  var rank = 0u;
  for (var other = 0u; other < particles; other++) { rank += u32(particle_hash(other, key.xy) < mine); }
  return rank;
}
// Of draws that belong to no set of quasi-random points
const NO_POINT = vec3u(0xffffffffu, 0u, 0u);
// Sobol's direction numbers: a line per dimension, two bits of the point's number per word
const SOBOL_DIRECTIONS = array<u32, 256>(
  0x40008000u, 0x10002000u, 0x4000800u, 0x1000200u, 0x400080u, 0x100020u, 0x40008u, 0x10002u,
  0xc0008000u, 0xf000a000u, 0xcc008800u, 0xff00aa00u, 0xc0c08080u, 0xf0f0a0a0u, 0xcccc8888u, 0xffffaaaau,
  0xc0008000u, 0x90006000u, 0x5c00e800u, 0xc5008e00u, 0x9cc06880u, 0x5590ee60u, 0xc09c8068u, 0x905560eeu,
  0xc0008000u, 0x50002000u, 0x7400f800u, 0x9300a200u, 0x2540d880u, 0xe6d059e0u, 0xb40c7808u, 0xc3058202u,
  0x40008000u, 0xb0002000u, 0xdc00f800u, 0x9d007a00u, 0x2fc05a80u, 0xf0b0a160u, 0x6fc4da88u, 0x40bb8162u,
  0x40008000u, 0x30006000u, 0x2400c800u, 0xfb005600u, 0x7040e080u, 0x1430a860u, 0xdf249ec8u, 0x8bbbb6d6u,
  0xc0008000u, 0xd000a000u, 0x94005800u, 0xe3003e00u, 0x23c0be80u, 0xf3101e20u, 0x67844678u, 0x84677846u,
  0x40008000u, 0x5000a000u, 0x24008800u, 0x2d001200u, 0x9e407680u, 0x64100820u, 0x7d14b228u, 0xba49fea2u,
  0x40008000u, 0x5000a000u, 0xd4002800u, 0x71006a00u, 0x58403880u, 0x3110ea20u, 0x85498a8u, 0xe525c22au,
  0x40008000u, 0xb000e000u, 0x94009800u, 0x5b008a00u, 0xd9c03380u, 0x3f107220u, 0xa6ecc1b8u, 0x29f55386u,
  0x40008000u, 0x1000a000u, 0x6c000800u, 0x23009e00u, 0xadc05780u, 0x91d07fa0u, 0xced44988u, 0x2c0f880au,
  0x40008000u, 0x30002000u, 0xac005800u, 0x2b009600u, 0x940d480u, 0x5250e2a0u, 0xc71c4e28u, 0x1267629eu,
  0xc0008000u, 0x5000a000u, 0x8c00f800u, 0x3300e200u, 0x21400f80u, 0x5e7095a0u, 0x1c24d808u, 0xef37ba16u,
  0xc0008000u, 0x90006000u, 0xc4003800u, 0xa3004200u, 0xaa40f180u, 0x8510fce0u, 0x500ce008u, 0x54095806u,
  0x40008000u, 0xf0002000u, 0x5400a800u, 0x9d009a00u, 0x5cc01e80u, 0x8d107d20u, 0x71c42488u, 0x75dfeba2u,
  0xc0008000u, 0xd0002000u, 0xc400d800u, 0x85004600u, 0x76c0a580u, 0x6ab0ada0u, 0xaabc2da8u, 0x7ab10daau,
  0x40008000u, 0xf0002000u, 0x14003800u, 0x6700f600u, 0x50408f80u, 0xff08aa0u, 0xabf412a8u, 0x28fbfcaau,
  0xc0008000u, 0xf0002000u, 0x64006800u, 0x6d003600u, 0xe0404180u, 0x9bf0d2e0u, 0x52fc0ce8u, 0x2fb35b6au,
  0x40008000u, 0x5000a000u, 0xf4009800u, 0xbb00ae00u, 0x95c0e780u, 0xd0301c20u, 0x55f4dba8u, 0x21c1ff82u,
  0xc0008000u, 0xb000e000u, 0x3c00b800u, 0x4100ce00u, 0x51c02180u, 0x85700960u, 0x8e9cf278u, 0x70036002u,
  0xc0008000u, 0xd000e000u, 0x3c006800u, 0x51008a00u, 0xddc0a980u, 0x39d05ba0u, 0x56d495f8u, 0x91030a02u,
  0x40008000u, 0xd0006000u, 0x8c003800u, 0x71007e00u, 0x4c0c880u, 0xbb701ba0u, 0xc3bc4a98u, 0x6d01a602u,
  0xc0008000u, 0x9000a000u, 0x64000800u, 0x89006a00u, 0xcb40a580u, 0xad901820u, 0x72f4af88u, 0xb432582u,
  0xc0008000u, 0xd0002000u, 0x8c004800u, 0x3900d600u, 0x3240d580u, 0x7210b2a0u, 0x82cc53d8u, 0x4743cb82u,
  0xc0008000u, 0x50002000u, 0xf400d800u, 0x95003e00u, 0x3d408f80u, 0x2ef0f320u, 0xa0cadc8u, 0x4af38b22u,
  0x40008000u, 0xb000a000u, 0xa4009800u, 0xd5007a00u, 0x60400280u, 0x887051e0u, 0x47c48c28u, 0xad710be2u,
  0xc0008000u, 0x3000a000u, 0x34001800u, 0x9d008a00u, 0x82406780u, 0x60f040e0u, 0x29449148u, 0xbfb32d62u,
  0x40008000u, 0xd000e000u, 0x4c000800u, 0xb5000200u, 0xc2c03680u, 0x7501420u, 0x50341bf8u, 0xac9148a2u,
  0xc0008000u, 0x5000e000u, 0x4c006800u, 0xf7007600u, 0xd7403680u, 0xef3087e0u, 0xd544a3a8u, 0x154723aau,
  0x40008000u, 0x90006000u, 0x7400c800u, 0x3005200u, 0x6f40eb80u, 0xdaf06460u, 0x297c1798u, 0xfa7da59au,
  0xc0008000u, 0xd000a000u, 0x400b800u, 0x97006e00u, 0xedc0f280u, 0x5c901360u, 0x31e4db58u, 0xcc2709dau,
  0xc0008000u, 0x3000e000u, 0xec006800u, 0x2b002200u, 0x9d403680u, 0x16706a20u, 0x330c4de8u, 0x824f936au,
);
// A point's stratum along a coordinate: Sobol's digits, each flipped by a hash of those before it (Owen 1995)
fn scrambled_digits(index: u32, bits: u32, coordinate: u32, key: vec2u) -> u32 {
  let first = coordinate % 32u * 8u;
  var digits = 0u;
  for (var bit = 0u; bit < bits; bit++) {
    let directions = SOBOL_DIRECTIONS[first + bit / 2u] >> (bit % 2u * 16u);
    digits ^= select(0u, directions & 0xffffu, ((index >> bit) & 1u) == 1u);
  }
  digits >>= 16u - bits;
  var stratum = 0u;
  for (var depth = 0u; depth < bits; depth++) {
    let before = (1u << depth) | (digits >> (bits - depth));
    let flip = particle_hash(before, key) >> 31u;
    stratum = (stratum << 1u) | (((digits >> (bits - 1u - depth)) & 1u) ^ flip);
  }
  return stratum;
}
// The particle's stratum along a coordinate (point: set, element of its plates, coordinate). Of a number of particles
// that is no power of two: the rank of its digits among all particles', shifted around
fn sobol_stratum(particle: u32, particles: u32, point: vec3u) -> u32 {
  let block = point.z / 32u;
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
}
// A word's uniform; of a run that is not iid, in the particle's stratum
fn place_in_stratum(word: u32, site: u32, element: u32, particle: u32, particles: u32, lane: u32, point: vec3u) -> f32 {
  let within = uniform_of(word);
  if (run.draws_from == 0u) { return within; }
  var stratum: u32;
  if (run.draws_from == 2u && point.x != NO_POINT.x && particles <= 65536u) {
    stratum = sobol_stratum(particle, particles, point);
  } else {
    stratum = particle_rank(site, element, particle, particles, lane);
  }
  return clamp((f32(stratum) + within) / f32(particles), 0x1p-24, 0x1.fffffep-1);
}
fn std_uniform(site: u32, element: u32, particle: u32, particles: u32, point: vec3u) -> f32 {
  let words = philox(vec4u(element, particle, run.iteration, 0u), vec2u(run.seed, site));
  return place_in_stratum(words.x, site, element, particle, particles, 0u, point);
}

// Points: (states, i_3, k_states).
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * n_i_3 * n_k_states; point += groups.x * 64u) {
    let states = point / (n_i_3 * n_k_states);
    let i_3 = point / n_k_states % n_i_3;
    let k_states = point % n_k_states;
    uniforms[(states * n_i_3 + i_3) * stride_k_states + k_states] = std_uniform(7u, states * n_i_3 + i_3, k_states, run.n_k_states, vec3u(2u, states, 28u + n_i_3 + i_3));
  }
}

// draw_gammas: draw_gammas
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
  n_k_states: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// shape [states]: shapes of the gammas
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
// gammas [states, k_states]: gamma draws
@group(0) @binding(2) var<storage, read_write> gammas: array<f32>;
override shape: u32 = 0u;
override n_states: u32 = 1u;
override n_k_states: u32 = 1u;
override stride_k_states: u32 = 1u;

const LOG_ZERO = -1e30;
const SMALLEST_NORMAL = 0x1p-126;
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.12194440e-4;
fn power_of_two(n: i32) -> f32 {
  return bitcast<f32>(u32(n + 127) << 23u);
}
fn exp_accurate(argument: f32) -> f32 {
  let x = clamp(argument, -103.0, 88.5);
  let n = round(x * 1.44269504);
  let r = (x - n * LN2_HIGH) - n * LN2_LOW;
  var p = 0.00139421481;
  p = p * r + 0.00837595854;
  p = p * r + 0.0416663401;
  p = p * r + 0.166664049;
  p = p * r + 0.5;
  let whole = i32(n);
  let half = whole >> 1u;
  return ((1.0 + (r + r * r * p)) * power_of_two(half)) * power_of_two(whole - half);
}
// log(1 + f) + e log(2) for 1 + f in [sqrt(1/2), sqrt(2))
fn log_of_mantissa(f: f32, e: f32) -> f32 {
  let s = f / (2.0 + f);
  let z = s * s;
  let r = z * (0.66666663 + z * (0.40000391 + z * (0.28534636 + z * 0.236243904)));
  let h = 0.5 * f * f;
  return e * LN2_HIGH + (f - (h - (s * (h + r) + e * LN2_LOW)));
}
fn ln(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let k = i32(bits - 0x3f3504f3u) >> 23u;
  return log_of_mantissa(bitcast<f32>(bits - (bitcast<u32>(k) << 23u)) - 1.0, f32(k));
}
fn safe_log(x: f32) -> f32 {
  return select(LOG_ZERO, ln(max(x, SMALLEST_NORMAL)), x >= SMALLEST_NORMAL);
}
fn log1p(x: f32) -> f32 {
  if (x > -0.2929 && x < 0.4142) { return log_of_mantissa(x, 0.0); }
  return safe_log(1.0 + x);
}
// Wichura 1988, AS 241, PPND7
fn inv_Phi(u: f32) -> f32 {
  let q = u - 0.5;
  if (abs(q) <= 0.425) {
    let r = 0.180625 - q * q;
    return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
      / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0);
  }
  let tail = select(1.0 - u, u, q < 0.0);
  let r = sqrt(-ln(clamp(tail, SMALLEST_NORMAL, 0.5)));
  if (r <= 5.0) {
    let s = r - 1.6;
    return sign(q) * (((0.17023821103 * s + 1.3067284816) * s + 2.7568153900) * s + 1.4234372777)
      / ((0.12021132975 * s + 0.73700164250) * s + 1.0);
  }
  let s = r - 5.0;
  return sign(q) * (((0.017337203997 * s + 0.42868294337) * s + 3.0812263860) * s + 6.6579051150)
    / ((0.012258202635 * s + 0.24197894225) * s + 1.0);
}
// The upper half of a 64-bit product, from products of 16-bit halves
fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let t = a_high * b_low + ((a_low * b_low) >> 16u);
  let w = a_low * b_high + (t & 0xffffu);
  return a_high * b_high + (t >> 16u) + (w >> 16u);
}
// Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011)
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
}
// One of 2^23 evenly spaced numbers strictly between 0 and 1
fn uniform_of(word: u32) -> f32 {
  return f32(word >> 9u) * 0x1p-23 + 0x1p-24;
}
// A bijection of words that mixes all bits (MurmurHash3's last step)
fn mix_bits(word: u32) -> u32 {
  var h = word;
  h = (h ^ (h >> 16u)) * 0x85ebca6bu;
  h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
  return h ^ (h >> 16u);
}
fn particle_hash(particle: u32, key: vec2u) -> u32 {
  return mix_bits(mix_bits(particle ^ key.x) + key.y);
}
// One of a family of bijections of the words of so many bits: rounds of additions, odd factors and shifts
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
}
// The particle's place in a random permutation: its rank by a keyed hash; of many particles, a bijection of the next
// power of two, again and again until it is one of the places (Black and Rogaway 2002)
fn particle_rank(site: u32, element: u32, particle: u32, particles: u32, lane: u32) -> u32 {
  let key = philox(vec4u(element, lane, run.iteration, 0xffffffffu), vec2u(run.seed, site));
  if (particles > 256u) {
    let bits = 32u - countLeadingZeros(particles - 1u);
    var place = permuted_word(particle, bits, key);
    while (place >= particles) { place = permuted_word(place, bits, key); }
    return place;
  }
  let mine = particle_hash(particle, key.xy);
  var rank = 0u;
  for (var other = 0u; other < particles; other++) { rank += u32(particle_hash(other, key.xy) < mine); }
  return rank;
}
// Of draws that belong to no set of quasi-random points
const NO_POINT = vec3u(0xffffffffu, 0u, 0u);
// Sobol's direction numbers: a line per dimension, two bits of the point's number per word
const SOBOL_DIRECTIONS = array<u32, 256>(
  0x40008000u, 0x10002000u, 0x4000800u, 0x1000200u, 0x400080u, 0x100020u, 0x40008u, 0x10002u,
  0xc0008000u, 0xf000a000u, 0xcc008800u, 0xff00aa00u, 0xc0c08080u, 0xf0f0a0a0u, 0xcccc8888u, 0xffffaaaau,
  0xc0008000u, 0x90006000u, 0x5c00e800u, 0xc5008e00u, 0x9cc06880u, 0x5590ee60u, 0xc09c8068u, 0x905560eeu,
  0xc0008000u, 0x50002000u, 0x7400f800u, 0x9300a200u, 0x2540d880u, 0xe6d059e0u, 0xb40c7808u, 0xc3058202u,
  0x40008000u, 0xb0002000u, 0xdc00f800u, 0x9d007a00u, 0x2fc05a80u, 0xf0b0a160u, 0x6fc4da88u, 0x40bb8162u,
  0x40008000u, 0x30006000u, 0x2400c800u, 0xfb005600u, 0x7040e080u, 0x1430a860u, 0xdf249ec8u, 0x8bbbb6d6u,
  0xc0008000u, 0xd000a000u, 0x94005800u, 0xe3003e00u, 0x23c0be80u, 0xf3101e20u, 0x67844678u, 0x84677846u,
  0x40008000u, 0x5000a000u, 0x24008800u, 0x2d001200u, 0x9e407680u, 0x64100820u, 0x7d14b228u, 0xba49fea2u,
  0x40008000u, 0x5000a000u, 0xd4002800u, 0x71006a00u, 0x58403880u, 0x3110ea20u, 0x85498a8u, 0xe525c22au,
  0x40008000u, 0xb000e000u, 0x94009800u, 0x5b008a00u, 0xd9c03380u, 0x3f107220u, 0xa6ecc1b8u, 0x29f55386u,
  0x40008000u, 0x1000a000u, 0x6c000800u, 0x23009e00u, 0xadc05780u, 0x91d07fa0u, 0xced44988u, 0x2c0f880au,
  0x40008000u, 0x30002000u, 0xac005800u, 0x2b009600u, 0x940d480u, 0x5250e2a0u, 0xc71c4e28u, 0x1267629eu,
  0xc0008000u, 0x5000a000u, 0x8c00f800u, 0x3300e200u, 0x21400f80u, 0x5e7095a0u, 0x1c24d808u, 0xef37ba16u,
  0xc0008000u, 0x90006000u, 0xc4003800u, 0xa3004200u, 0xaa40f180u, 0x8510fce0u, 0x500ce008u, 0x54095806u,
  0x40008000u, 0xf0002000u, 0x5400a800u, 0x9d009a00u, 0x5cc01e80u, 0x8d107d20u, 0x71c42488u, 0x75dfeba2u,
  0xc0008000u, 0xd0002000u, 0xc400d800u, 0x85004600u, 0x76c0a580u, 0x6ab0ada0u, 0xaabc2da8u, 0x7ab10daau,
  0x40008000u, 0xf0002000u, 0x14003800u, 0x6700f600u, 0x50408f80u, 0xff08aa0u, 0xabf412a8u, 0x28fbfcaau,
  0xc0008000u, 0xf0002000u, 0x64006800u, 0x6d003600u, 0xe0404180u, 0x9bf0d2e0u, 0x52fc0ce8u, 0x2fb35b6au,
  0x40008000u, 0x5000a000u, 0xf4009800u, 0xbb00ae00u, 0x95c0e780u, 0xd0301c20u, 0x55f4dba8u, 0x21c1ff82u,
  0xc0008000u, 0xb000e000u, 0x3c00b800u, 0x4100ce00u, 0x51c02180u, 0x85700960u, 0x8e9cf278u, 0x70036002u,
  0xc0008000u, 0xd000e000u, 0x3c006800u, 0x51008a00u, 0xddc0a980u, 0x39d05ba0u, 0x56d495f8u, 0x91030a02u,
  0x40008000u, 0xd0006000u, 0x8c003800u, 0x71007e00u, 0x4c0c880u, 0xbb701ba0u, 0xc3bc4a98u, 0x6d01a602u,
  0xc0008000u, 0x9000a000u, 0x64000800u, 0x89006a00u, 0xcb40a580u, 0xad901820u, 0x72f4af88u, 0xb432582u,
  0xc0008000u, 0xd0002000u, 0x8c004800u, 0x3900d600u, 0x3240d580u, 0x7210b2a0u, 0x82cc53d8u, 0x4743cb82u,
  0xc0008000u, 0x50002000u, 0xf400d800u, 0x95003e00u, 0x3d408f80u, 0x2ef0f320u, 0xa0cadc8u, 0x4af38b22u,
  0x40008000u, 0xb000a000u, 0xa4009800u, 0xd5007a00u, 0x60400280u, 0x887051e0u, 0x47c48c28u, 0xad710be2u,
  0xc0008000u, 0x3000a000u, 0x34001800u, 0x9d008a00u, 0x82406780u, 0x60f040e0u, 0x29449148u, 0xbfb32d62u,
  0x40008000u, 0xd000e000u, 0x4c000800u, 0xb5000200u, 0xc2c03680u, 0x7501420u, 0x50341bf8u, 0xac9148a2u,
  0xc0008000u, 0x5000e000u, 0x4c006800u, 0xf7007600u, 0xd7403680u, 0xef3087e0u, 0xd544a3a8u, 0x154723aau,
  0x40008000u, 0x90006000u, 0x7400c800u, 0x3005200u, 0x6f40eb80u, 0xdaf06460u, 0x297c1798u, 0xfa7da59au,
  0xc0008000u, 0xd000a000u, 0x400b800u, 0x97006e00u, 0xedc0f280u, 0x5c901360u, 0x31e4db58u, 0xcc2709dau,
  0xc0008000u, 0x3000e000u, 0xec006800u, 0x2b002200u, 0x9d403680u, 0x16706a20u, 0x330c4de8u, 0x824f936au,
);
// A point's stratum along a coordinate: Sobol's digits, each flipped by a hash of those before it (Owen 1995)
fn scrambled_digits(index: u32, bits: u32, coordinate: u32, key: vec2u) -> u32 {
  let first = coordinate % 32u * 8u;
  var digits = 0u;
  for (var bit = 0u; bit < bits; bit++) {
    let directions = SOBOL_DIRECTIONS[first + bit / 2u] >> (bit % 2u * 16u);
    digits ^= select(0u, directions & 0xffffu, ((index >> bit) & 1u) == 1u);
  }
  digits >>= 16u - bits;
  var stratum = 0u;
  for (var depth = 0u; depth < bits; depth++) {
    let before = (1u << depth) | (digits >> (bits - depth));
    let flip = particle_hash(before, key) >> 31u;
    stratum = (stratum << 1u) | (((digits >> (bits - 1u - depth)) & 1u) ^ flip);
  }
  return stratum;
}
// The particle's stratum along a coordinate (point: set, element of its plates, coordinate). Of a number of particles
// that is no power of two: the rank of its digits among all particles', shifted around
fn sobol_stratum(particle: u32, particles: u32, point: vec3u) -> u32 {
  let block = point.z / 32u;
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
}
// A word's uniform; of a run that is not iid, in the particle's stratum
fn place_in_stratum(word: u32, site: u32, element: u32, particle: u32, particles: u32, lane: u32, point: vec3u) -> f32 {
  let within = uniform_of(word);
  if (run.draws_from == 0u) { return within; }
  var stratum: u32;
  if (run.draws_from == 2u && point.x != NO_POINT.x && particles <= 65536u) {
    stratum = sobol_stratum(particle, particles, point);
  } else {
    stratum = particle_rank(site, element, particle, particles, lane);
  }
  return clamp((f32(stratum) + within) / f32(particles), 0x1p-24, 0x1.fffffep-1);
}
// Marsaglia and Tsang 2000; below shape 1, a draw of shape + 1 times uniform^(1 / shape)
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
}

// Points: (states, k_states).
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * n_k_states; point += groups.x * 64u) {
    let states = point / n_k_states;
    let k_states = point % n_k_states;
    gammas[states * stride_k_states + k_states] = std_gamma(inputs[shape + states], 8u, states, k_states, run.n_k_states, NO_POINT);
  }
}
