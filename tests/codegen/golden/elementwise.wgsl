// density: log_radon ~ normal(state_mean, sigma)
// A point for each (states, zips, k_states).
struct Run {
  seed: u32,
  iteration: u32,
  stratified: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// log_radon [states, zips]: data
// particles.state_mean [states, k_states]: particles of state_mean
// sigma []: data
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
// log_f [states, zips, k_states]: log density of log_radon
@group(0) @binding(2) var<storage, read_write> log_f: array<f32>;
override n_zips: u32 = 1u;
override log_radon: u32 = 0u;
override n_k_states: u32 = 1u;
override particles_state_mean: u32 = 0u;
override sigma: u32 = 0u;
override n_states: u32 = 1u;

// (helpers)

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
    let z = (inputs[log_radon + states * n_zips + zips] - inputs[particles_state_mean + states * n_k_states + k_states]) / inputs[sigma];
    log_f[point] = -0.5 * (z * z) - (safe_log(inputs[sigma]) + 0.9189385);
  }
}
