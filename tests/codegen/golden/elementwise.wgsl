// density: log_radon ~ normal(state_mean, sigma)
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// log_radon [states, zips]: data
// particles.state_mean [states, k_states]: particles of state_mean
// sigma []: data
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
// log_f [states, zips, k_states]: log density of log_radon
@group(0) @binding(2) var<storage, read_write> log_f: array<f32>;
override log_radon: u32 = 0u;
override particles_state_mean: u32 = 0u;
override sigma: u32 = 0u;
override n_states: u32 = 1u;
override n_zips: u32 = 1u;
override stride_zips: u32 = 1u;
override n_k_states: u32 = 1u;
override stride_k_states: u32 = 1u;

const LOG_ZERO = -1e30;
const SMALLEST_NORMAL = 0x1p-126;
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.12194440e-4;
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

// Points: (states, zips, k_states).
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * n_zips * n_k_states; point += groups.x * 64u) {
    let states = point / (n_zips * n_k_states);
    let zips = point / n_k_states % n_zips;
    let k_states = point % n_k_states;
    let z = (inputs[log_radon + states * stride_zips + zips] - inputs[particles_state_mean + states * stride_k_states + k_states]) / inputs[sigma];
    log_f[(states * n_zips + zips) * stride_k_states + k_states] = -0.5 * (z * z) - (safe_log(inputs[sigma]) + 0.9189385);
  }
}
