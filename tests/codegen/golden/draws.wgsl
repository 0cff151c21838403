// draw_uniforms: draw_uniforms
// A point for each (states, i_3, k_states).
struct Run {
  seed: u32,
  iteration: u32,
  stratified: u32,
  n_k_states: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// uniforms [states, i_3, k_states]: uniform draws
@group(0) @binding(1) var<storage, read_write> uniforms: array<f32>;
override n_i_3: u32 = 1u;
override n_k_states: u32 = 1u;
override n_states: u32 = 1u;

// (helpers)

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
// A point for each (states, k_states).
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
override n_k_states: u32 = 1u;
override n_states: u32 = 1u;

// (helpers)

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
