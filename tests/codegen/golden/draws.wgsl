// draw_uniforms: draw_uniforms
struct Run {
  seed: u32,
  iteration: u32,
  stratified: u32,
  n_k_states: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// uniforms [states, i_3, k_states]: uniform draws
@group(0) @binding(1) var<storage, read_write> uniforms: array<f32>;
override n_states: u32 = 1u;
override n_i_3: u32 = 1u;
override n_k_states: u32 = 1u;

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
// A word's uniform; of a stratified run, in the stratum that the particle's rank by a keyed hash gives it
fn place_in_stratum(word: u32, site: u32, element: u32, particle: u32, particles: u32, lane: u32) -> f32 {
  let within = uniform_of(word);
  if (run.stratified == 0u) { return within; }
  let key = philox(vec4u(element, lane, run.iteration, 0xffffffffu), vec2u(run.seed, site)).xy;
  let mine = particle_hash(particle, key);
  var rank = 0u;
  for (var other = 0u; other < particles; other++) { rank += u32(particle_hash(other, key) < mine); }
  return clamp((f32(rank) + within) / f32(particles), 0x1p-24, 0x1.fffffep-1);
}
fn std_uniform(site: u32, element: u32, particle: u32, particles: u32) -> f32 {
  let words = philox(vec4u(element, particle, run.iteration, 0u), vec2u(run.seed, site));
  return place_in_stratum(words.x, site, element, particle, particles, 0u);
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
    uniforms[point] = std_uniform(7u, states * n_i_3 + i_3, k_states, run.n_k_states);
  }
}

// draw_gammas: draw_gammas
struct Run {
  seed: u32,
  iteration: u32,
  stratified: u32,
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
// A word's uniform; of a stratified run, in the stratum that the particle's rank by a keyed hash gives it
fn place_in_stratum(word: u32, site: u32, element: u32, particle: u32, particles: u32, lane: u32) -> f32 {
  let within = uniform_of(word);
  if (run.stratified == 0u) { return within; }
  let key = philox(vec4u(element, lane, run.iteration, 0xffffffffu), vec2u(run.seed, site)).xy;
  let mine = particle_hash(particle, key);
  var rank = 0u;
  for (var other = 0u; other < particles; other++) { rank += u32(particle_hash(other, key) < mine); }
  return clamp((f32(rank) + within) / f32(particles), 0x1p-24, 0x1.fffffep-1);
}
// Marsaglia and Tsang 2000; below shape 1, a draw of shape + 1 times uniform^(1 / shape)
fn std_gamma(shape: f32, site: u32, element: u32, particle: u32, particles: u32) -> f32 {
  let d = select(shape, shape + 1.0, shape < 1.0) - 0.333333333;
  let c = inverseSqrt(9.0 * d);
  let first = philox(vec4u(element, particle, run.iteration, 0u), vec2u(run.seed, site));
  var words = first;
  var u = place_in_stratum(first.x, site, element, particle, particles, 0u);
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
    let boost = place_in_stratum(first.w, site, element, particle, particles, 1u);
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
    gammas[point] = std_gamma(inputs[shape + states], 8u, states, k_states, run.n_k_states);
  }
}
