// parts: parts
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// x [states]: data
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
// inputs, four at a time.
@group(0) @binding(3) var<storage, read> inputs_vectors: array<vec4f>;
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
override states_tiles: u32 = (n_states + 3u) / 4u;

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
    let states_1 = min(states_tile * 4u + 1u, n_states - 1u);
    let states_2 = min(states_tile * 4u + 2u, n_states - 1u);
    let states_3 = min(states_tile * 4u + 3u, n_states - 1u);
    let x_vector = inputs_vectors[(x + states_0) / 4u];
    tables[part_0 + states_0] = x_vector.x * 1.0;
    if states_tile * 4u + 1u < n_states {
      tables[part_0 + states_1] = x_vector.y * 1.0;
    }
    if states_tile * 4u + 2u < n_states {
      tables[part_0 + states_2] = x_vector.z * 1.0;
    }
    if states_tile * 4u + 3u < n_states {
      tables[part_0 + states_3] = x_vector.w * 1.0;
    }
    let x_vector_2 = inputs_vectors[(x + states_0) / 4u];
    tables[part_1 + states_0] = x_vector_2.x * 2.0;
    if states_tile * 4u + 1u < n_states {
      tables[part_1 + states_1] = x_vector_2.y * 2.0;
    }
    if states_tile * 4u + 2u < n_states {
      tables[part_1 + states_2] = x_vector_2.z * 2.0;
    }
    if states_tile * 4u + 3u < n_states {
      tables[part_1 + states_3] = x_vector_2.w * 2.0;
    }
    let x_vector_3 = inputs_vectors[(x + states_0) / 4u];
    tables[part_2 + states_0] = x_vector_3.x * 3.0;
    if states_tile * 4u + 1u < n_states {
      tables[part_2 + states_1] = x_vector_3.y * 3.0;
    }
    if states_tile * 4u + 2u < n_states {
      tables[part_2 + states_2] = x_vector_3.z * 3.0;
    }
    if states_tile * 4u + 3u < n_states {
      tables[part_2 + states_3] = x_vector_3.w * 3.0;
    }
    let x_vector_4 = inputs_vectors[(x + states_0) / 4u];
    tables[part_3 + states_0] = x_vector_4.x * 4.0;
    if states_tile * 4u + 1u < n_states {
      tables[part_3 + states_1] = x_vector_4.y * 4.0;
    }
    if states_tile * 4u + 2u < n_states {
      tables[part_3 + states_2] = x_vector_4.z * 4.0;
    }
    if states_tile * 4u + 3u < n_states {
      tables[part_3 + states_3] = x_vector_4.w * 4.0;
    }
    let x_vector_5 = inputs_vectors[(x + states_0) / 4u];
    tables[part_4 + states_0] = x_vector_5.x * 5.0;
    if states_tile * 4u + 1u < n_states {
      tables[part_4 + states_1] = x_vector_5.y * 5.0;
    }
    if states_tile * 4u + 2u < n_states {
      tables[part_4 + states_2] = x_vector_5.z * 5.0;
    }
    if states_tile * 4u + 3u < n_states {
      tables[part_4 + states_3] = x_vector_5.w * 5.0;
    }
    let x_vector_6 = inputs_vectors[(x + states_0) / 4u];
    tables[part_5 + states_0] = x_vector_6.x * 6.0;
    if states_tile * 4u + 1u < n_states {
      tables[part_5 + states_1] = x_vector_6.y * 6.0;
    }
    if states_tile * 4u + 2u < n_states {
      tables[part_5 + states_2] = x_vector_6.z * 6.0;
    }
    if states_tile * 4u + 3u < n_states {
      tables[part_5 + states_3] = x_vector_6.w * 6.0;
    }
    let x_vector_7 = inputs_vectors[(x + states_0) / 4u];
    tables[part_6 + states_0] = x_vector_7.x * 7.0;
    if states_tile * 4u + 1u < n_states {
      tables[part_6 + states_1] = x_vector_7.y * 7.0;
    }
    if states_tile * 4u + 2u < n_states {
      tables[part_6 + states_2] = x_vector_7.z * 7.0;
    }
    if states_tile * 4u + 3u < n_states {
      tables[part_6 + states_3] = x_vector_7.w * 7.0;
    }
    let x_vector_8 = inputs_vectors[(x + states_0) / 4u];
    tables[part_7 + states_0] = x_vector_8.x * 8.0;
    if states_tile * 4u + 1u < n_states {
      tables[part_7 + states_1] = x_vector_8.y * 8.0;
    }
    if states_tile * 4u + 2u < n_states {
      tables[part_7 + states_2] = x_vector_8.z * 8.0;
    }
    if states_tile * 4u + 3u < n_states {
      tables[part_7 + states_3] = x_vector_8.w * 8.0;
    }
    let x_vector_9 = inputs_vectors[(x + states_0) / 4u];
    tables[part_8 + states_0] = x_vector_9.x * 9.0;
    if states_tile * 4u + 1u < n_states {
      tables[part_8 + states_1] = x_vector_9.y * 9.0;
    }
    if states_tile * 4u + 2u < n_states {
      tables[part_8 + states_2] = x_vector_9.z * 9.0;
    }
    if states_tile * 4u + 3u < n_states {
      tables[part_8 + states_3] = x_vector_9.w * 9.0;
    }
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
