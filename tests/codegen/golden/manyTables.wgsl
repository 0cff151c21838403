// parts: parts
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// x [states]: data
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
// part_0 [states]: a multiple of x
// part_1 [states]: a multiple of x
// part_2 [states]: a multiple of x
// part_3 [states]: a multiple of x
// part_4 [states]: a multiple of x
// part_5 [states]: a multiple of x
// part_6 [states]: a multiple of x
// part_7 [states]: a multiple of x
// part_8 [states]: a multiple of x
@group(0) @binding(2) var<storage, read_write> tables: array<f32>;
override x: u32 = 0u;
override part_0: u32 = 0u;
override part_1: u32 = 0u;
override part_2: u32 = 0u;
override part_3: u32 = 0u;
override part_4: u32 = 0u;
override part_5: u32 = 0u;
override part_6: u32 = 0u;
override part_7: u32 = 0u;
override part_8: u32 = 0u;
override n_states: u32 = 1u;

// Points: (states).
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states; point += groups.x * 64u) {
    tables[part_0 + point] = inputs[x + point] * 1.0;
    tables[part_1 + point] = inputs[x + point] * 2.0;
    tables[part_2 + point] = inputs[x + point] * 3.0;
    tables[part_3 + point] = inputs[x + point] * 4.0;
    tables[part_4 + point] = inputs[x + point] * 5.0;
    tables[part_5 + point] = inputs[x + point] * 6.0;
    tables[part_6 + point] = inputs[x + point] * 7.0;
    tables[part_7 + point] = inputs[x + point] * 8.0;
    tables[part_8 + point] = inputs[x + point] * 9.0;
  }
}

// gather: gather
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// part_0 [states]: a multiple of x
// part_1 [states]: a multiple of x
// part_2 [states]: a multiple of x
// part_3 [states]: a multiple of x
// part_4 [states]: a multiple of x
// part_5 [states]: a multiple of x
// part_6 [states]: a multiple of x
// part_7 [states]: a multiple of x
// part_8 [states]: a multiple of x
// sum [states]: sum of all parts
@group(0) @binding(1) var<storage, read_write> tables: array<f32>;
override sum: u32 = 0u;
override part_0: u32 = 0u;
override part_1: u32 = 0u;
override part_2: u32 = 0u;
override part_3: u32 = 0u;
override part_4: u32 = 0u;
override part_5: u32 = 0u;
override part_6: u32 = 0u;
override part_7: u32 = 0u;
override part_8: u32 = 0u;
override n_states: u32 = 1u;

// Points: (states).
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states; point += groups.x * 64u) {
    tables[sum + point] = tables[part_0 + point] + tables[part_1 + point] + tables[part_2 + point] + tables[part_3 + point] + tables[part_4 + point] + tables[part_5 + point] + tables[part_6 + point] + tables[part_7 + point] + tables[part_8 + point];
  }
}
