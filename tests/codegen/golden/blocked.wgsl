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
// partial [zips_blocks, states]: sums of 4 zips
@group(0) @binding(2) var<storage, read_write> partial_: array<f32>;
override y: u32 = 0u;
override n_zips_blocks: u32 = 1u;
override n_states: u32 = 1u;

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
      sum = sum + inputs[y + states + zips * n_states];
    }
    partial_[point] = sum;
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
// partial [zips_blocks, states]: sums of 4 zips
@group(0) @binding(2) var<storage, read> partial_: array<f32>;
override n_states: u32 = 1u;

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
      sum = sum + partial_[states + zips_blocks * n_states];
    }
    total[point] = sum;
  }
}
