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
// inputs, four at a time.
@group(0) @binding(3) var<storage, read> inputs_vectors: array<vec4f>;
// log_f [states, zips, k_states]: log density of log_radon
@group(0) @binding(2) var<storage, read_write> log_f: array<f32>;
// log_f, four at a time.
@group(0) @binding(2) var<storage, read_write> log_f_vectors: array<vec4f>;
override log_radon: u32 = 0u;
override particles_state_mean: u32 = 0u;
override sigma: u32 = 0u;
override n_states: u32 = 1u;
override n_zips: u32 = 1u;
override stride_zips: u32 = 1u;
override n_k_states: u32 = 1u;
override stride_k_states: u32 = 1u;
override zips_tiles: u32 = (n_zips + 3u) / 4u;
override k_states_tiles: u32 = (n_k_states + 3u) / 4u;

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

// The same, 4 along zips and k_states at a time.
@compute @workgroup_size(64)
fn main_tiled(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * zips_tiles * k_states_tiles; point += groups.x * 64u) {
    let states = point / (zips_tiles * k_states_tiles);
    let zips_tile = point / k_states_tiles % zips_tiles;
    let k_states_tile = point % k_states_tiles;
    let zips_0 = min(zips_tile * 4u, n_zips - 1u);
    let zips_1 = min(zips_tile * 4u + 1u, n_zips - 1u);
    let zips_2 = min(zips_tile * 4u + 2u, n_zips - 1u);
    let zips_3 = min(zips_tile * 4u + 3u, n_zips - 1u);
    let k_states_0 = min(k_states_tile * 4u, n_k_states - 1u);
    let log_radon_vector = inputs_vectors[(log_radon + states * stride_zips + zips_0) / 4u];
    let particles_state_mean_vector = inputs_vectors[(particles_state_mean + states * stride_k_states + k_states_0) / 4u];
    let sigma_2 = inputs[sigma];
    let z_0_0 = (log_radon_vector.x - particles_state_mean_vector.x) / sigma_2;
    let z_0_1 = (log_radon_vector.x - particles_state_mean_vector.y) / sigma_2;
    let z_0_2 = (log_radon_vector.x - particles_state_mean_vector.z) / sigma_2;
    let z_0_3 = (log_radon_vector.x - particles_state_mean_vector.w) / sigma_2;
    let z_1_0 = (log_radon_vector.y - particles_state_mean_vector.x) / sigma_2;
    let z_1_1 = (log_radon_vector.y - particles_state_mean_vector.y) / sigma_2;
    let z_1_2 = (log_radon_vector.y - particles_state_mean_vector.z) / sigma_2;
    let z_1_3 = (log_radon_vector.y - particles_state_mean_vector.w) / sigma_2;
    let z_2_0 = (log_radon_vector.z - particles_state_mean_vector.x) / sigma_2;
    let z_2_1 = (log_radon_vector.z - particles_state_mean_vector.y) / sigma_2;
    let z_2_2 = (log_radon_vector.z - particles_state_mean_vector.z) / sigma_2;
    let z_2_3 = (log_radon_vector.z - particles_state_mean_vector.w) / sigma_2;
    let z_3_0 = (log_radon_vector.w - particles_state_mean_vector.x) / sigma_2;
    let z_3_1 = (log_radon_vector.w - particles_state_mean_vector.y) / sigma_2;
    let z_3_2 = (log_radon_vector.w - particles_state_mean_vector.z) / sigma_2;
    let z_3_3 = (log_radon_vector.w - particles_state_mean_vector.w) / sigma_2;
    let shared_ = safe_log(inputs[sigma]) + 0.9189385;
    log_f_vectors[((states * n_zips + zips_0) * stride_k_states + k_states_0) / 4u] = vec4f(-0.5 * (z_0_0 * z_0_0) - shared_, -0.5 * (z_0_1 * z_0_1) - shared_, -0.5 * (z_0_2 * z_0_2) - shared_, -0.5 * (z_0_3 * z_0_3) - shared_);
    if zips_tile * 4u + 1u < n_zips {
      log_f_vectors[((states * n_zips + zips_1) * stride_k_states + k_states_0) / 4u] = vec4f(-0.5 * (z_1_0 * z_1_0) - shared_, -0.5 * (z_1_1 * z_1_1) - shared_, -0.5 * (z_1_2 * z_1_2) - shared_, -0.5 * (z_1_3 * z_1_3) - shared_);
    }
    if zips_tile * 4u + 2u < n_zips {
      log_f_vectors[((states * n_zips + zips_2) * stride_k_states + k_states_0) / 4u] = vec4f(-0.5 * (z_2_0 * z_2_0) - shared_, -0.5 * (z_2_1 * z_2_1) - shared_, -0.5 * (z_2_2 * z_2_2) - shared_, -0.5 * (z_2_3 * z_2_3) - shared_);
    }
    if zips_tile * 4u + 3u < n_zips {
      log_f_vectors[((states * n_zips + zips_3) * stride_k_states + k_states_0) / 4u] = vec4f(-0.5 * (z_3_0 * z_3_0) - shared_, -0.5 * (z_3_1 * z_3_1) - shared_, -0.5 * (z_3_2 * z_3_2) - shared_, -0.5 * (z_3_3 * z_3_3) - shared_);
    }
  }
}
