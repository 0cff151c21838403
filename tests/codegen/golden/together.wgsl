// scale: scale
// add: add
// count: count
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
  n_states: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// x [states]: data
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
// total []: total
// square [zips]: square
@group(0) @binding(2) var<storage, read_write> tables: array<f32>;
// scaled [states, k_states]: scaled
@group(0) @binding(3) var<storage, read_write> scaled: array<f32>;
override x: u32 = 0u;
override total: u32 = 0u;
override square_: u32 = 0u;
override n_states: u32 = 1u;
override n_k_states: u32 = 1u;
override stride_k_states: u32 = 1u;
override n_zips: u32 = 1u;
override first_group_of_scale: u32 = 0u;
override groups_of_scale: u32 = 1u;
override first_group_of_add: u32 = 0u;
override groups_of_add: u32 = 1u;
override first_group_of_count: u32 = 0u;
override groups_of_count: u32 = 1u;

fn square(x: f32) -> f32 {
  return x * x;
}

// Each kernel has its range of workgroups.
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // scale. Points: (states, k_states).
  if group.x - first_group_of_scale < groups_of_scale {
    for (var point = (group.x - first_group_of_scale) * 64u + lane; point < n_states * n_k_states; point += groups_of_scale * 64u) {
      let states = point / n_k_states;
      let k_states = point % n_k_states;
      scaled[states * stride_k_states + k_states] = inputs[x + states] * (1.0 + f32(k_states));
    }
  }
  // add. One point.
  if (group.x - first_group_of_add) * 64u + lane == 0u {
    var total_2 = 0.0;
    // states: sum
    for (var states = 0u; states < run.n_states; states++) {
      total_2 = total_2 + inputs[x + states];
    }
    tables[total] = total_2;
  }
  // count. Points: (zips).
  if group.x - first_group_of_count < groups_of_count {
    for (var point = (group.x - first_group_of_count) * 64u + lane; point < n_zips; point += groups_of_count * 64u) {
      let zips = point;
      tables[square_ + point] = square(f32(zips));
    }
  }
}

// gather: gather
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
  n_k_states: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// total []: total
// square [zips]: square
// sum [states, zips]: sum
@group(0) @binding(1) var<storage, read_write> tables: array<f32>;
// scaled [states, k_states]: scaled
@group(0) @binding(2) var<storage, read> scaled: array<f32>;
// scaled, four at a time.
@group(0) @binding(2) var<storage, read> scaled_vectors: array<vec4f>;
override sum: u32 = 0u;
override total: u32 = 0u;
override square_: u32 = 0u;
override n_states: u32 = 1u;
override n_zips: u32 = 1u;
override stride_zips: u32 = 1u;
override stride_k_states: u32 = 1u;
override zips_tiles: u32 = (n_zips + 3u) / 4u;

// Points: (states, zips).
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * n_zips; point += groups.x * 64u) {
    let states = point / n_zips;
    let zips = point % n_zips;
    let at_states = states * stride_k_states;
    var sum_2 = tables[total] + tables[square_ + zips];
    // k_states: sum
    for (var k_states = 0u; k_states < run.n_k_states; k_states++) {
      sum_2 = sum_2 + scaled[at_states + k_states];
    }
    tables[sum + states * stride_zips + zips] = sum_2;
  }
}

// The same, 4 along zips and k_states at a time.
@compute @workgroup_size(64)
fn main_tiled(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * zips_tiles; point += groups.x * 64u) {
    let states = point / zips_tiles;
    let zips_tile = point % zips_tiles;
    let zips_0 = min(zips_tile * 4u, n_zips - 1u);
    let zips_1 = min(zips_tile * 4u + 1u, n_zips - 1u);
    let zips_2 = min(zips_tile * 4u + 2u, n_zips - 1u);
    let zips_3 = min(zips_tile * 4u + 3u, n_zips - 1u);
    let at_states = states * stride_k_states;
    let total_2 = tables[total];
    var sum_0 = total_2 + tables[square_ + zips_0];
    var sum_1 = total_2 + tables[square_ + zips_1];
    var sum_2 = total_2 + tables[square_ + zips_2];
    var sum_3 = total_2 + tables[square_ + zips_3];
    // k_states: sum
    let k_states_whole = run.n_k_states - run.n_k_states % 4u;
    for (var k_states = 0u; k_states < k_states_whole; k_states += 4u) {
      let k_states_0 = k_states;
      let scaled_vector = scaled_vectors[(at_states + k_states_0) / 4u];
      let sum_term_0_0 = scaled_vector.x;
      let sum_term_0_1 = scaled_vector.y;
      let sum_term_0_2 = scaled_vector.z;
      let sum_term_0_3 = scaled_vector.w;
      sum_0 = sum_0 + sum_term_0_0;
      sum_1 = sum_1 + sum_term_0_0;
      sum_2 = sum_2 + sum_term_0_0;
      sum_3 = sum_3 + sum_term_0_0;
      sum_0 = sum_0 + sum_term_0_1;
      sum_1 = sum_1 + sum_term_0_1;
      sum_2 = sum_2 + sum_term_0_1;
      sum_3 = sum_3 + sum_term_0_1;
      sum_0 = sum_0 + sum_term_0_2;
      sum_1 = sum_1 + sum_term_0_2;
      sum_2 = sum_2 + sum_term_0_2;
      sum_3 = sum_3 + sum_term_0_2;
      sum_0 = sum_0 + sum_term_0_3;
      sum_1 = sum_1 + sum_term_0_3;
      sum_2 = sum_2 + sum_term_0_3;
      sum_3 = sum_3 + sum_term_0_3;
    }
    if k_states_whole < run.n_k_states {
      let k_states_0_2 = min(k_states_whole, run.n_k_states - 1u);
      let scaled_vector_2 = scaled_vectors[(at_states + k_states_0_2) / 4u];
      let sum_term_0_0_2 = scaled_vector_2.x;
      let sum_term_0_1_2 = scaled_vector_2.y;
      let sum_term_0_2_2 = scaled_vector_2.z;
      let sum_term_0_3_2 = scaled_vector_2.w;
      sum_0 = sum_0 + sum_term_0_0_2;
      sum_1 = sum_1 + sum_term_0_0_2;
      sum_2 = sum_2 + sum_term_0_0_2;
      sum_3 = sum_3 + sum_term_0_0_2;
      if k_states_whole + 1u < run.n_k_states {
        sum_0 = sum_0 + sum_term_0_1_2;
        sum_1 = sum_1 + sum_term_0_1_2;
        sum_2 = sum_2 + sum_term_0_1_2;
        sum_3 = sum_3 + sum_term_0_1_2;
      }
      if k_states_whole + 2u < run.n_k_states {
        sum_0 = sum_0 + sum_term_0_2_2;
        sum_1 = sum_1 + sum_term_0_2_2;
        sum_2 = sum_2 + sum_term_0_2_2;
        sum_3 = sum_3 + sum_term_0_2_2;
      }
      if k_states_whole + 3u < run.n_k_states {
        sum_0 = sum_0 + sum_term_0_3_2;
        sum_1 = sum_1 + sum_term_0_3_2;
        sum_2 = sum_2 + sum_term_0_3_2;
        sum_3 = sum_3 + sum_term_0_3_2;
      }
    }
    tables[sum + states * stride_zips + zips_0] = sum_0;
    tables[sum + states * stride_zips + zips_1] = sum_1;
    tables[sum + states * stride_zips + zips_2] = sum_2;
    tables[sum + states * stride_zips + zips_3] = sum_3;
  }
}

// The same, 4 along k_states at a time.
@compute @workgroup_size(64)
fn main_vectors(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * n_zips; point += groups.x * 64u) {
    let states = point / n_zips;
    let zips = point % n_zips;
    let at_states = states * stride_k_states;
    var sum_2 = tables[total] + tables[square_ + zips];
    // k_states: sum
    let k_states_whole = run.n_k_states - run.n_k_states % 4u;
    for (var k_states = 0u; k_states < k_states_whole; k_states += 4u) {
      let k_states_0 = k_states;
      let scaled_vector = scaled_vectors[(at_states + k_states_0) / 4u];
      let sum_term_0_0 = scaled_vector.x;
      let sum_term_0_1 = scaled_vector.y;
      let sum_term_0_2 = scaled_vector.z;
      let sum_term_0_3 = scaled_vector.w;
      sum_2 = sum_2 + sum_term_0_0;
      sum_2 = sum_2 + sum_term_0_1;
      sum_2 = sum_2 + sum_term_0_2;
      sum_2 = sum_2 + sum_term_0_3;
    }
    if k_states_whole < run.n_k_states {
      let k_states_0_2 = min(k_states_whole, run.n_k_states - 1u);
      let scaled_vector_2 = scaled_vectors[(at_states + k_states_0_2) / 4u];
      let sum_term_0_0_2 = scaled_vector_2.x;
      let sum_term_0_1_2 = scaled_vector_2.y;
      let sum_term_0_2_2 = scaled_vector_2.z;
      let sum_term_0_3_2 = scaled_vector_2.w;
      sum_2 = sum_2 + sum_term_0_0_2;
      if k_states_whole + 1u < run.n_k_states {
        sum_2 = sum_2 + sum_term_0_1_2;
      }
      if k_states_whole + 2u < run.n_k_states {
        sum_2 = sum_2 + sum_term_0_2_2;
      }
      if k_states_whole + 3u < run.n_k_states {
        sum_2 = sum_2 + sum_term_0_3_2;
      }
    }
    tables[sum + states * stride_zips + zips] = sum_2;
  }
}
