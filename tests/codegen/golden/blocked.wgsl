// partial_sums: partial_sums
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
  n_zips: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// y [zips, states]: data
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
// inputs, four at a time.
@group(0) @binding(3) var<storage, read> inputs_vectors: array<vec4f>;
// partial [zips_blocks, states]: sums of 4 zips
@group(0) @binding(2) var<storage, read_write> partial_: array<f32>;
// partial_, four at a time.
@group(0) @binding(2) var<storage, read_write> partial__vectors: array<vec4f>;
override y: u32 = 0u;
override n_zips_blocks: u32 = 1u;
override n_states: u32 = 1u;
override stride_states: u32 = 1u;
override states_tiles: u32 = (n_states + 3u) / 4u;

// Points: (zips_blocks, states).
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_zips_blocks * n_states; point += groups.x * 64u) {
    let zips_blocks = point / n_states;
    let states = point % n_states;
    var sum = 0.0;
    // zips: sum
    let zips_first = zips_blocks * 4u;
    let zips_end = min(zips_first + 4u, run.n_zips);
    for (var zips = zips_first; zips < zips_end; zips++) {
      sum = sum + inputs[y + states + zips * stride_states];
    }
    partial_[zips_blocks * stride_states + states] = sum;
  }
}

// The same, 4 along states at a time.
@compute @workgroup_size(64)
fn main_tiled(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_zips_blocks * states_tiles; point += groups.x * 64u) {
    let zips_blocks = point / states_tiles;
    let states_tile = point % states_tiles;
    let states_0 = min(states_tile * 4u, n_states - 1u);
    var sum_0 = 0.0;
    var sum_1 = 0.0;
    var sum_2 = 0.0;
    var sum_3 = 0.0;
    // zips: sum
    let zips_first = zips_blocks * 4u;
    let zips_end = min(zips_first + 4u, run.n_zips);
    for (var zips = zips_first; zips < zips_end; zips++) {
      let y_vector = inputs_vectors[(y + states_0 + zips * stride_states) / 4u];
      sum_0 = sum_0 + y_vector.x;
      sum_1 = sum_1 + y_vector.y;
      sum_2 = sum_2 + y_vector.z;
      sum_3 = sum_3 + y_vector.w;
    }
    partial__vectors[(zips_blocks * stride_states + states_0) / 4u] = vec4f(sum_0, sum_1, sum_2, sum_3);
  }
}

// sums: sums
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
  n_zips_blocks: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// total [states]: sums over zips
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
// total, four at a time.
@group(0) @binding(1) var<storage, read_write> total_vectors: array<vec4f>;
// partial [zips_blocks, states]: sums of 4 zips
@group(0) @binding(2) var<storage, read> partial_: array<f32>;
// partial_, four at a time.
@group(0) @binding(2) var<storage, read> partial__vectors: array<vec4f>;
override n_states: u32 = 1u;
override stride_states: u32 = 1u;
override states_tiles: u32 = (n_states + 3u) / 4u;

// Points: (states).
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states; point += groups.x * 64u) {
    let states = point;
    var sum = 0.0;
    // zips_blocks: sum
    for (var zips_blocks = 0u; zips_blocks < run.n_zips_blocks; zips_blocks++) {
      sum = sum + partial_[states + zips_blocks * stride_states];
    }
    total[point] = sum;
  }
}

// The same, 4 along states at a time.
@compute @workgroup_size(64)
fn main_tiled(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < states_tiles; point += groups.x * 64u) {
    let states_tile = point;
    let states_0 = min(states_tile * 4u, n_states - 1u);
    var sum_0 = 0.0;
    var sum_1 = 0.0;
    var sum_2 = 0.0;
    var sum_3 = 0.0;
    // zips_blocks: sum
    for (var zips_blocks = 0u; zips_blocks < run.n_zips_blocks; zips_blocks++) {
      let partial_vector = partial__vectors[(states_0 + zips_blocks * stride_states) / 4u];
      sum_0 = sum_0 + partial_vector.x;
      sum_1 = sum_1 + partial_vector.y;
      sum_2 = sum_2 + partial_vector.z;
      sum_3 = sum_3 + partial_vector.w;
    }
    total_vectors[states_0 / 4u] = vec4f(sum_0, sum_1, sum_2, sum_3);
  }
}
