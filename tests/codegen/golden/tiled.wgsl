// squares: y ~ normal(a + b, 1)
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
  n_zips: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// y [states, zips]: data
// particles.a [states, k_a]: particles of a
// particles.b [states, k_b]: particles of b
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
// inputs, four at a time.
@group(0) @binding(4) var<storage, read> inputs_vectors: array<vec4f>;
// log_f [states, k_a, k_b]: sum of squares
@group(0) @binding(2) var<storage, read_write> log_f: array<f32>;
// log_f, four at a time.
@group(0) @binding(2) var<storage, read_write> log_f_vectors: array<vec4f>;
// last [states, k_a, k_b]: a times the last square
@group(0) @binding(3) var<storage, read_write> last: array<f32>;
// last, four at a time.
@group(0) @binding(3) var<storage, read_write> last_vectors: array<vec4f>;
override particles_a: u32 = 0u;
override particles_b: u32 = 0u;
override y: u32 = 0u;
override n_states: u32 = 1u;
override n_k_a: u32 = 1u;
override stride_k_a: u32 = 1u;
override n_k_b: u32 = 1u;
override stride_k_b: u32 = 1u;
override stride_zips: u32 = 1u;
override k_a_tiles: u32 = (n_k_a + 3u) / 4u;
override k_b_tiles: u32 = (n_k_b + 3u) / 4u;

fn square(x: f32) -> f32 {
  return x * x;
}

// Points: (states, k_a, k_b).
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * n_k_a * n_k_b; point += groups.x * 64u) {
    let states = point / (n_k_a * n_k_b);
    let k_a = point / n_k_b % n_k_a;
    let k_b = point % n_k_b;
    let at_states_k_b = states * stride_k_b + k_b;
    let at_states = states * stride_zips;
    var sum = 0.0;
    var scaled = 0.0;
    let mean = inputs[particles_a + states * stride_k_a + k_a];
    // zips: sum
    for (var zips = 0u; zips < run.n_zips; zips++) {
      let b = inputs[particles_b + at_states_k_b];
      let square_ = square(inputs[y + at_states + zips] - (mean + b));
      sum = sum + square_;
      scaled = mean * square_;
    }
    log_f[(states * n_k_a + k_a) * stride_k_b + k_b] = -0.5 * sum;
    last[(states * n_k_a + k_a) * stride_k_b + k_b] = scaled;
  }
}

// The same, 4 along k_a and k_b and zips at a time.
@compute @workgroup_size(64)
fn main_tiled(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * k_a_tiles * k_b_tiles; point += groups.x * 64u) {
    let states = point / (k_a_tiles * k_b_tiles);
    let k_a_tile = point / k_b_tiles % k_a_tiles;
    let k_b_tile = point % k_b_tiles;
    let k_a_0 = min(k_a_tile * 4u, n_k_a - 1u);
    let k_a_1 = min(k_a_tile * 4u + 1u, n_k_a - 1u);
    let k_a_2 = min(k_a_tile * 4u + 2u, n_k_a - 1u);
    let k_a_3 = min(k_a_tile * 4u + 3u, n_k_a - 1u);
    let k_b_0 = min(k_b_tile * 4u, n_k_b - 1u);
    let at_states_k_b_0 = states * stride_k_b + k_b_0;
    let at_states = states * stride_zips;
    var sum_0_0 = 0.0;
    var sum_0_1 = 0.0;
    var sum_0_2 = 0.0;
    var sum_0_3 = 0.0;
    var sum_1_0 = 0.0;
    var sum_1_1 = 0.0;
    var sum_1_2 = 0.0;
    var sum_1_3 = 0.0;
    var sum_2_0 = 0.0;
    var sum_2_1 = 0.0;
    var sum_2_2 = 0.0;
    var sum_2_3 = 0.0;
    var sum_3_0 = 0.0;
    var sum_3_1 = 0.0;
    var sum_3_2 = 0.0;
    var sum_3_3 = 0.0;
    var scaled_0_0 = 0.0;
    var scaled_0_1 = 0.0;
    var scaled_0_2 = 0.0;
    var scaled_0_3 = 0.0;
    var scaled_1_0 = 0.0;
    var scaled_1_1 = 0.0;
    var scaled_1_2 = 0.0;
    var scaled_1_3 = 0.0;
    var scaled_2_0 = 0.0;
    var scaled_2_1 = 0.0;
    var scaled_2_2 = 0.0;
    var scaled_2_3 = 0.0;
    var scaled_3_0 = 0.0;
    var scaled_3_1 = 0.0;
    var scaled_3_2 = 0.0;
    var scaled_3_3 = 0.0;
    let particles_a_vector = inputs_vectors[(particles_a + states * stride_k_a + k_a_0) / 4u];
    let mean_0 = particles_a_vector.x;
    let mean_1 = particles_a_vector.y;
    let mean_2 = particles_a_vector.z;
    let mean_3 = particles_a_vector.w;
    // zips: sum
    let zips_whole = run.n_zips - run.n_zips % 4u;
    for (var zips = 0u; zips < zips_whole; zips += 4u) {
      let zips_0 = zips;
      let particles_b_vector = inputs_vectors[(particles_b + at_states_k_b_0) / 4u];
      let b_0 = particles_b_vector.x;
      let b_1 = particles_b_vector.y;
      let b_2 = particles_b_vector.z;
      let b_3 = particles_b_vector.w;
      let y_vector = inputs_vectors[(y + at_states + zips_0) / 4u];
      let shared_ = mean_0 + b_0;
      let shared__2 = mean_0 + b_1;
      let shared__3 = mean_0 + b_2;
      let shared__4 = mean_0 + b_3;
      let shared__5 = mean_1 + b_0;
      let shared__6 = mean_1 + b_1;
      let shared__7 = mean_1 + b_2;
      let shared__8 = mean_1 + b_3;
      let shared__9 = mean_2 + b_0;
      let shared__10 = mean_2 + b_1;
      let shared__11 = mean_2 + b_2;
      let shared__12 = mean_2 + b_3;
      let shared__13 = mean_3 + b_0;
      let shared__14 = mean_3 + b_1;
      let shared__15 = mean_3 + b_2;
      let shared__16 = mean_3 + b_3;
      let square_0_0_0 = square(y_vector.x - shared_);
      let square_0_0_1 = square(y_vector.y - shared_);
      let square_0_0_2 = square(y_vector.z - shared_);
      let square_0_0_3 = square(y_vector.w - shared_);
      let square_0_1_0 = square(y_vector.x - shared__2);
      let square_0_1_1 = square(y_vector.y - shared__2);
      let square_0_1_2 = square(y_vector.z - shared__2);
      let square_0_1_3 = square(y_vector.w - shared__2);
      let square_0_2_0 = square(y_vector.x - shared__3);
      let square_0_2_1 = square(y_vector.y - shared__3);
      let square_0_2_2 = square(y_vector.z - shared__3);
      let square_0_2_3 = square(y_vector.w - shared__3);
      let square_0_3_0 = square(y_vector.x - shared__4);
      let square_0_3_1 = square(y_vector.y - shared__4);
      let square_0_3_2 = square(y_vector.z - shared__4);
      let square_0_3_3 = square(y_vector.w - shared__4);
      let square_1_0_0 = square(y_vector.x - shared__5);
      let square_1_0_1 = square(y_vector.y - shared__5);
      let square_1_0_2 = square(y_vector.z - shared__5);
      let square_1_0_3 = square(y_vector.w - shared__5);
      let square_1_1_0 = square(y_vector.x - shared__6);
      let square_1_1_1 = square(y_vector.y - shared__6);
      let square_1_1_2 = square(y_vector.z - shared__6);
      let square_1_1_3 = square(y_vector.w - shared__6);
      let square_1_2_0 = square(y_vector.x - shared__7);
      let square_1_2_1 = square(y_vector.y - shared__7);
      let square_1_2_2 = square(y_vector.z - shared__7);
      let square_1_2_3 = square(y_vector.w - shared__7);
      let square_1_3_0 = square(y_vector.x - shared__8);
      let square_1_3_1 = square(y_vector.y - shared__8);
      let square_1_3_2 = square(y_vector.z - shared__8);
      let square_1_3_3 = square(y_vector.w - shared__8);
      let square_2_0_0 = square(y_vector.x - shared__9);
      let square_2_0_1 = square(y_vector.y - shared__9);
      let square_2_0_2 = square(y_vector.z - shared__9);
      let square_2_0_3 = square(y_vector.w - shared__9);
      let square_2_1_0 = square(y_vector.x - shared__10);
      let square_2_1_1 = square(y_vector.y - shared__10);
      let square_2_1_2 = square(y_vector.z - shared__10);
      let square_2_1_3 = square(y_vector.w - shared__10);
      let square_2_2_0 = square(y_vector.x - shared__11);
      let square_2_2_1 = square(y_vector.y - shared__11);
      let square_2_2_2 = square(y_vector.z - shared__11);
      let square_2_2_3 = square(y_vector.w - shared__11);
      let square_2_3_0 = square(y_vector.x - shared__12);
      let square_2_3_1 = square(y_vector.y - shared__12);
      let square_2_3_2 = square(y_vector.z - shared__12);
      let square_2_3_3 = square(y_vector.w - shared__12);
      let square_3_0_0 = square(y_vector.x - shared__13);
      let square_3_0_1 = square(y_vector.y - shared__13);
      let square_3_0_2 = square(y_vector.z - shared__13);
      let square_3_0_3 = square(y_vector.w - shared__13);
      let square_3_1_0 = square(y_vector.x - shared__14);
      let square_3_1_1 = square(y_vector.y - shared__14);
      let square_3_1_2 = square(y_vector.z - shared__14);
      let square_3_1_3 = square(y_vector.w - shared__14);
      let square_3_2_0 = square(y_vector.x - shared__15);
      let square_3_2_1 = square(y_vector.y - shared__15);
      let square_3_2_2 = square(y_vector.z - shared__15);
      let square_3_2_3 = square(y_vector.w - shared__15);
      let square_3_3_0 = square(y_vector.x - shared__16);
      let square_3_3_1 = square(y_vector.y - shared__16);
      let square_3_3_2 = square(y_vector.z - shared__16);
      let square_3_3_3 = square(y_vector.w - shared__16);
      let scaled_term_0_0_0_0 = mean_0 * square_0_0_0;
      let scaled_term_0_0_0_1 = mean_0 * square_0_0_1;
      let scaled_term_0_0_0_2 = mean_0 * square_0_0_2;
      let scaled_term_0_0_0_3 = mean_0 * square_0_0_3;
      let scaled_term_0_0_1_0 = mean_0 * square_0_1_0;
      let scaled_term_0_0_1_1 = mean_0 * square_0_1_1;
      let scaled_term_0_0_1_2 = mean_0 * square_0_1_2;
      let scaled_term_0_0_1_3 = mean_0 * square_0_1_3;
      let scaled_term_0_0_2_0 = mean_0 * square_0_2_0;
      let scaled_term_0_0_2_1 = mean_0 * square_0_2_1;
      let scaled_term_0_0_2_2 = mean_0 * square_0_2_2;
      let scaled_term_0_0_2_3 = mean_0 * square_0_2_3;
      let scaled_term_0_0_3_0 = mean_0 * square_0_3_0;
      let scaled_term_0_0_3_1 = mean_0 * square_0_3_1;
      let scaled_term_0_0_3_2 = mean_0 * square_0_3_2;
      let scaled_term_0_0_3_3 = mean_0 * square_0_3_3;
      let scaled_term_0_1_0_0 = mean_1 * square_1_0_0;
      let scaled_term_0_1_0_1 = mean_1 * square_1_0_1;
      let scaled_term_0_1_0_2 = mean_1 * square_1_0_2;
      let scaled_term_0_1_0_3 = mean_1 * square_1_0_3;
      let scaled_term_0_1_1_0 = mean_1 * square_1_1_0;
      let scaled_term_0_1_1_1 = mean_1 * square_1_1_1;
      let scaled_term_0_1_1_2 = mean_1 * square_1_1_2;
      let scaled_term_0_1_1_3 = mean_1 * square_1_1_3;
      let scaled_term_0_1_2_0 = mean_1 * square_1_2_0;
      let scaled_term_0_1_2_1 = mean_1 * square_1_2_1;
      let scaled_term_0_1_2_2 = mean_1 * square_1_2_2;
      let scaled_term_0_1_2_3 = mean_1 * square_1_2_3;
      let scaled_term_0_1_3_0 = mean_1 * square_1_3_0;
      let scaled_term_0_1_3_1 = mean_1 * square_1_3_1;
      let scaled_term_0_1_3_2 = mean_1 * square_1_3_2;
      let scaled_term_0_1_3_3 = mean_1 * square_1_3_3;
      let scaled_term_0_2_0_0 = mean_2 * square_2_0_0;
      let scaled_term_0_2_0_1 = mean_2 * square_2_0_1;
      let scaled_term_0_2_0_2 = mean_2 * square_2_0_2;
      let scaled_term_0_2_0_3 = mean_2 * square_2_0_3;
      let scaled_term_0_2_1_0 = mean_2 * square_2_1_0;
      let scaled_term_0_2_1_1 = mean_2 * square_2_1_1;
      let scaled_term_0_2_1_2 = mean_2 * square_2_1_2;
      let scaled_term_0_2_1_3 = mean_2 * square_2_1_3;
      let scaled_term_0_2_2_0 = mean_2 * square_2_2_0;
      let scaled_term_0_2_2_1 = mean_2 * square_2_2_1;
      let scaled_term_0_2_2_2 = mean_2 * square_2_2_2;
      let scaled_term_0_2_2_3 = mean_2 * square_2_2_3;
      let scaled_term_0_2_3_0 = mean_2 * square_2_3_0;
      let scaled_term_0_2_3_1 = mean_2 * square_2_3_1;
      let scaled_term_0_2_3_2 = mean_2 * square_2_3_2;
      let scaled_term_0_2_3_3 = mean_2 * square_2_3_3;
      let scaled_term_0_3_0_0 = mean_3 * square_3_0_0;
      let scaled_term_0_3_0_1 = mean_3 * square_3_0_1;
      let scaled_term_0_3_0_2 = mean_3 * square_3_0_2;
      let scaled_term_0_3_0_3 = mean_3 * square_3_0_3;
      let scaled_term_0_3_1_0 = mean_3 * square_3_1_0;
      let scaled_term_0_3_1_1 = mean_3 * square_3_1_1;
      let scaled_term_0_3_1_2 = mean_3 * square_3_1_2;
      let scaled_term_0_3_1_3 = mean_3 * square_3_1_3;
      let scaled_term_0_3_2_0 = mean_3 * square_3_2_0;
      let scaled_term_0_3_2_1 = mean_3 * square_3_2_1;
      let scaled_term_0_3_2_2 = mean_3 * square_3_2_2;
      let scaled_term_0_3_2_3 = mean_3 * square_3_2_3;
      let scaled_term_0_3_3_0 = mean_3 * square_3_3_0;
      let scaled_term_0_3_3_1 = mean_3 * square_3_3_1;
      let scaled_term_0_3_3_2 = mean_3 * square_3_3_2;
      let scaled_term_0_3_3_3 = mean_3 * square_3_3_3;
      sum_0_0 = sum_0_0 + square_0_0_0;
      sum_0_1 = sum_0_1 + square_0_1_0;
      sum_0_2 = sum_0_2 + square_0_2_0;
      sum_0_3 = sum_0_3 + square_0_3_0;
      sum_1_0 = sum_1_0 + square_1_0_0;
      sum_1_1 = sum_1_1 + square_1_1_0;
      sum_1_2 = sum_1_2 + square_1_2_0;
      sum_1_3 = sum_1_3 + square_1_3_0;
      sum_2_0 = sum_2_0 + square_2_0_0;
      sum_2_1 = sum_2_1 + square_2_1_0;
      sum_2_2 = sum_2_2 + square_2_2_0;
      sum_2_3 = sum_2_3 + square_2_3_0;
      sum_3_0 = sum_3_0 + square_3_0_0;
      sum_3_1 = sum_3_1 + square_3_1_0;
      sum_3_2 = sum_3_2 + square_3_2_0;
      sum_3_3 = sum_3_3 + square_3_3_0;
      scaled_0_0 = scaled_term_0_0_0_0;
      scaled_0_1 = scaled_term_0_0_1_0;
      scaled_0_2 = scaled_term_0_0_2_0;
      scaled_0_3 = scaled_term_0_0_3_0;
      scaled_1_0 = scaled_term_0_1_0_0;
      scaled_1_1 = scaled_term_0_1_1_0;
      scaled_1_2 = scaled_term_0_1_2_0;
      scaled_1_3 = scaled_term_0_1_3_0;
      scaled_2_0 = scaled_term_0_2_0_0;
      scaled_2_1 = scaled_term_0_2_1_0;
      scaled_2_2 = scaled_term_0_2_2_0;
      scaled_2_3 = scaled_term_0_2_3_0;
      scaled_3_0 = scaled_term_0_3_0_0;
      scaled_3_1 = scaled_term_0_3_1_0;
      scaled_3_2 = scaled_term_0_3_2_0;
      scaled_3_3 = scaled_term_0_3_3_0;
      sum_0_0 = sum_0_0 + square_0_0_1;
      sum_0_1 = sum_0_1 + square_0_1_1;
      sum_0_2 = sum_0_2 + square_0_2_1;
      sum_0_3 = sum_0_3 + square_0_3_1;
      sum_1_0 = sum_1_0 + square_1_0_1;
      sum_1_1 = sum_1_1 + square_1_1_1;
      sum_1_2 = sum_1_2 + square_1_2_1;
      sum_1_3 = sum_1_3 + square_1_3_1;
      sum_2_0 = sum_2_0 + square_2_0_1;
      sum_2_1 = sum_2_1 + square_2_1_1;
      sum_2_2 = sum_2_2 + square_2_2_1;
      sum_2_3 = sum_2_3 + square_2_3_1;
      sum_3_0 = sum_3_0 + square_3_0_1;
      sum_3_1 = sum_3_1 + square_3_1_1;
      sum_3_2 = sum_3_2 + square_3_2_1;
      sum_3_3 = sum_3_3 + square_3_3_1;
      scaled_0_0 = scaled_term_0_0_0_1;
      scaled_0_1 = scaled_term_0_0_1_1;
      scaled_0_2 = scaled_term_0_0_2_1;
      scaled_0_3 = scaled_term_0_0_3_1;
      scaled_1_0 = scaled_term_0_1_0_1;
      scaled_1_1 = scaled_term_0_1_1_1;
      scaled_1_2 = scaled_term_0_1_2_1;
      scaled_1_3 = scaled_term_0_1_3_1;
      scaled_2_0 = scaled_term_0_2_0_1;
      scaled_2_1 = scaled_term_0_2_1_1;
      scaled_2_2 = scaled_term_0_2_2_1;
      scaled_2_3 = scaled_term_0_2_3_1;
      scaled_3_0 = scaled_term_0_3_0_1;
      scaled_3_1 = scaled_term_0_3_1_1;
      scaled_3_2 = scaled_term_0_3_2_1;
      scaled_3_3 = scaled_term_0_3_3_1;
      sum_0_0 = sum_0_0 + square_0_0_2;
      sum_0_1 = sum_0_1 + square_0_1_2;
      sum_0_2 = sum_0_2 + square_0_2_2;
      sum_0_3 = sum_0_3 + square_0_3_2;
      sum_1_0 = sum_1_0 + square_1_0_2;
      sum_1_1 = sum_1_1 + square_1_1_2;
      sum_1_2 = sum_1_2 + square_1_2_2;
      sum_1_3 = sum_1_3 + square_1_3_2;
      sum_2_0 = sum_2_0 + square_2_0_2;
      sum_2_1 = sum_2_1 + square_2_1_2;
      sum_2_2 = sum_2_2 + square_2_2_2;
      sum_2_3 = sum_2_3 + square_2_3_2;
      sum_3_0 = sum_3_0 + square_3_0_2;
      sum_3_1 = sum_3_1 + square_3_1_2;
      sum_3_2 = sum_3_2 + square_3_2_2;
      sum_3_3 = sum_3_3 + square_3_3_2;
      scaled_0_0 = scaled_term_0_0_0_2;
      scaled_0_1 = scaled_term_0_0_1_2;
      scaled_0_2 = scaled_term_0_0_2_2;
      scaled_0_3 = scaled_term_0_0_3_2;
      scaled_1_0 = scaled_term_0_1_0_2;
      scaled_1_1 = scaled_term_0_1_1_2;
      scaled_1_2 = scaled_term_0_1_2_2;
      scaled_1_3 = scaled_term_0_1_3_2;
      scaled_2_0 = scaled_term_0_2_0_2;
      scaled_2_1 = scaled_term_0_2_1_2;
      scaled_2_2 = scaled_term_0_2_2_2;
      scaled_2_3 = scaled_term_0_2_3_2;
      scaled_3_0 = scaled_term_0_3_0_2;
      scaled_3_1 = scaled_term_0_3_1_2;
      scaled_3_2 = scaled_term_0_3_2_2;
      scaled_3_3 = scaled_term_0_3_3_2;
      sum_0_0 = sum_0_0 + square_0_0_3;
      sum_0_1 = sum_0_1 + square_0_1_3;
      sum_0_2 = sum_0_2 + square_0_2_3;
      sum_0_3 = sum_0_3 + square_0_3_3;
      sum_1_0 = sum_1_0 + square_1_0_3;
      sum_1_1 = sum_1_1 + square_1_1_3;
      sum_1_2 = sum_1_2 + square_1_2_3;
      sum_1_3 = sum_1_3 + square_1_3_3;
      sum_2_0 = sum_2_0 + square_2_0_3;
      sum_2_1 = sum_2_1 + square_2_1_3;
      sum_2_2 = sum_2_2 + square_2_2_3;
      sum_2_3 = sum_2_3 + square_2_3_3;
      sum_3_0 = sum_3_0 + square_3_0_3;
      sum_3_1 = sum_3_1 + square_3_1_3;
      sum_3_2 = sum_3_2 + square_3_2_3;
      sum_3_3 = sum_3_3 + square_3_3_3;
      scaled_0_0 = scaled_term_0_0_0_3;
      scaled_0_1 = scaled_term_0_0_1_3;
      scaled_0_2 = scaled_term_0_0_2_3;
      scaled_0_3 = scaled_term_0_0_3_3;
      scaled_1_0 = scaled_term_0_1_0_3;
      scaled_1_1 = scaled_term_0_1_1_3;
      scaled_1_2 = scaled_term_0_1_2_3;
      scaled_1_3 = scaled_term_0_1_3_3;
      scaled_2_0 = scaled_term_0_2_0_3;
      scaled_2_1 = scaled_term_0_2_1_3;
      scaled_2_2 = scaled_term_0_2_2_3;
      scaled_2_3 = scaled_term_0_2_3_3;
      scaled_3_0 = scaled_term_0_3_0_3;
      scaled_3_1 = scaled_term_0_3_1_3;
      scaled_3_2 = scaled_term_0_3_2_3;
      scaled_3_3 = scaled_term_0_3_3_3;
    }
    if zips_whole < run.n_zips {
      let zips_0_2 = min(zips_whole, run.n_zips - 1u);
      let particles_b_vector_2 = inputs_vectors[(particles_b + at_states_k_b_0) / 4u];
      let b_0_2 = particles_b_vector_2.x;
      let b_1_2 = particles_b_vector_2.y;
      let b_2_2 = particles_b_vector_2.z;
      let b_3_2 = particles_b_vector_2.w;
      let y_vector_2 = inputs_vectors[(y + at_states + zips_0_2) / 4u];
      let shared__17 = mean_0 + b_0_2;
      let shared__18 = mean_0 + b_1_2;
      let shared__19 = mean_0 + b_2_2;
      let shared__20 = mean_0 + b_3_2;
      let shared__21 = mean_1 + b_0_2;
      let shared__22 = mean_1 + b_1_2;
      let shared__23 = mean_1 + b_2_2;
      let shared__24 = mean_1 + b_3_2;
      let shared__25 = mean_2 + b_0_2;
      let shared__26 = mean_2 + b_1_2;
      let shared__27 = mean_2 + b_2_2;
      let shared__28 = mean_2 + b_3_2;
      let shared__29 = mean_3 + b_0_2;
      let shared__30 = mean_3 + b_1_2;
      let shared__31 = mean_3 + b_2_2;
      let shared__32 = mean_3 + b_3_2;
      let square_0_0_0_2 = square(y_vector_2.x - shared__17);
      let square_0_0_1_2 = square(y_vector_2.y - shared__17);
      let square_0_0_2_2 = square(y_vector_2.z - shared__17);
      let square_0_0_3_2 = square(y_vector_2.w - shared__17);
      let square_0_1_0_2 = square(y_vector_2.x - shared__18);
      let square_0_1_1_2 = square(y_vector_2.y - shared__18);
      let square_0_1_2_2 = square(y_vector_2.z - shared__18);
      let square_0_1_3_2 = square(y_vector_2.w - shared__18);
      let square_0_2_0_2 = square(y_vector_2.x - shared__19);
      let square_0_2_1_2 = square(y_vector_2.y - shared__19);
      let square_0_2_2_2 = square(y_vector_2.z - shared__19);
      let square_0_2_3_2 = square(y_vector_2.w - shared__19);
      let square_0_3_0_2 = square(y_vector_2.x - shared__20);
      let square_0_3_1_2 = square(y_vector_2.y - shared__20);
      let square_0_3_2_2 = square(y_vector_2.z - shared__20);
      let square_0_3_3_2 = square(y_vector_2.w - shared__20);
      let square_1_0_0_2 = square(y_vector_2.x - shared__21);
      let square_1_0_1_2 = square(y_vector_2.y - shared__21);
      let square_1_0_2_2 = square(y_vector_2.z - shared__21);
      let square_1_0_3_2 = square(y_vector_2.w - shared__21);
      let square_1_1_0_2 = square(y_vector_2.x - shared__22);
      let square_1_1_1_2 = square(y_vector_2.y - shared__22);
      let square_1_1_2_2 = square(y_vector_2.z - shared__22);
      let square_1_1_3_2 = square(y_vector_2.w - shared__22);
      let square_1_2_0_2 = square(y_vector_2.x - shared__23);
      let square_1_2_1_2 = square(y_vector_2.y - shared__23);
      let square_1_2_2_2 = square(y_vector_2.z - shared__23);
      let square_1_2_3_2 = square(y_vector_2.w - shared__23);
      let square_1_3_0_2 = square(y_vector_2.x - shared__24);
      let square_1_3_1_2 = square(y_vector_2.y - shared__24);
      let square_1_3_2_2 = square(y_vector_2.z - shared__24);
      let square_1_3_3_2 = square(y_vector_2.w - shared__24);
      let square_2_0_0_2 = square(y_vector_2.x - shared__25);
      let square_2_0_1_2 = square(y_vector_2.y - shared__25);
      let square_2_0_2_2 = square(y_vector_2.z - shared__25);
      let square_2_0_3_2 = square(y_vector_2.w - shared__25);
      let square_2_1_0_2 = square(y_vector_2.x - shared__26);
      let square_2_1_1_2 = square(y_vector_2.y - shared__26);
      let square_2_1_2_2 = square(y_vector_2.z - shared__26);
      let square_2_1_3_2 = square(y_vector_2.w - shared__26);
      let square_2_2_0_2 = square(y_vector_2.x - shared__27);
      let square_2_2_1_2 = square(y_vector_2.y - shared__27);
      let square_2_2_2_2 = square(y_vector_2.z - shared__27);
      let square_2_2_3_2 = square(y_vector_2.w - shared__27);
      let square_2_3_0_2 = square(y_vector_2.x - shared__28);
      let square_2_3_1_2 = square(y_vector_2.y - shared__28);
      let square_2_3_2_2 = square(y_vector_2.z - shared__28);
      let square_2_3_3_2 = square(y_vector_2.w - shared__28);
      let square_3_0_0_2 = square(y_vector_2.x - shared__29);
      let square_3_0_1_2 = square(y_vector_2.y - shared__29);
      let square_3_0_2_2 = square(y_vector_2.z - shared__29);
      let square_3_0_3_2 = square(y_vector_2.w - shared__29);
      let square_3_1_0_2 = square(y_vector_2.x - shared__30);
      let square_3_1_1_2 = square(y_vector_2.y - shared__30);
      let square_3_1_2_2 = square(y_vector_2.z - shared__30);
      let square_3_1_3_2 = square(y_vector_2.w - shared__30);
      let square_3_2_0_2 = square(y_vector_2.x - shared__31);
      let square_3_2_1_2 = square(y_vector_2.y - shared__31);
      let square_3_2_2_2 = square(y_vector_2.z - shared__31);
      let square_3_2_3_2 = square(y_vector_2.w - shared__31);
      let square_3_3_0_2 = square(y_vector_2.x - shared__32);
      let square_3_3_1_2 = square(y_vector_2.y - shared__32);
      let square_3_3_2_2 = square(y_vector_2.z - shared__32);
      let square_3_3_3_2 = square(y_vector_2.w - shared__32);
      let scaled_term_0_0_0_0_2 = mean_0 * square_0_0_0_2;
      let scaled_term_0_0_0_1_2 = mean_0 * square_0_0_1_2;
      let scaled_term_0_0_0_2_2 = mean_0 * square_0_0_2_2;
      let scaled_term_0_0_0_3_2 = mean_0 * square_0_0_3_2;
      let scaled_term_0_0_1_0_2 = mean_0 * square_0_1_0_2;
      let scaled_term_0_0_1_1_2 = mean_0 * square_0_1_1_2;
      let scaled_term_0_0_1_2_2 = mean_0 * square_0_1_2_2;
      let scaled_term_0_0_1_3_2 = mean_0 * square_0_1_3_2;
      let scaled_term_0_0_2_0_2 = mean_0 * square_0_2_0_2;
      let scaled_term_0_0_2_1_2 = mean_0 * square_0_2_1_2;
      let scaled_term_0_0_2_2_2 = mean_0 * square_0_2_2_2;
      let scaled_term_0_0_2_3_2 = mean_0 * square_0_2_3_2;
      let scaled_term_0_0_3_0_2 = mean_0 * square_0_3_0_2;
      let scaled_term_0_0_3_1_2 = mean_0 * square_0_3_1_2;
      let scaled_term_0_0_3_2_2 = mean_0 * square_0_3_2_2;
      let scaled_term_0_0_3_3_2 = mean_0 * square_0_3_3_2;
      let scaled_term_0_1_0_0_2 = mean_1 * square_1_0_0_2;
      let scaled_term_0_1_0_1_2 = mean_1 * square_1_0_1_2;
      let scaled_term_0_1_0_2_2 = mean_1 * square_1_0_2_2;
      let scaled_term_0_1_0_3_2 = mean_1 * square_1_0_3_2;
      let scaled_term_0_1_1_0_2 = mean_1 * square_1_1_0_2;
      let scaled_term_0_1_1_1_2 = mean_1 * square_1_1_1_2;
      let scaled_term_0_1_1_2_2 = mean_1 * square_1_1_2_2;
      let scaled_term_0_1_1_3_2 = mean_1 * square_1_1_3_2;
      let scaled_term_0_1_2_0_2 = mean_1 * square_1_2_0_2;
      let scaled_term_0_1_2_1_2 = mean_1 * square_1_2_1_2;
      let scaled_term_0_1_2_2_2 = mean_1 * square_1_2_2_2;
      let scaled_term_0_1_2_3_2 = mean_1 * square_1_2_3_2;
      let scaled_term_0_1_3_0_2 = mean_1 * square_1_3_0_2;
      let scaled_term_0_1_3_1_2 = mean_1 * square_1_3_1_2;
      let scaled_term_0_1_3_2_2 = mean_1 * square_1_3_2_2;
      let scaled_term_0_1_3_3_2 = mean_1 * square_1_3_3_2;
      let scaled_term_0_2_0_0_2 = mean_2 * square_2_0_0_2;
      let scaled_term_0_2_0_1_2 = mean_2 * square_2_0_1_2;
      let scaled_term_0_2_0_2_2 = mean_2 * square_2_0_2_2;
      let scaled_term_0_2_0_3_2 = mean_2 * square_2_0_3_2;
      let scaled_term_0_2_1_0_2 = mean_2 * square_2_1_0_2;
      let scaled_term_0_2_1_1_2 = mean_2 * square_2_1_1_2;
      let scaled_term_0_2_1_2_2 = mean_2 * square_2_1_2_2;
      let scaled_term_0_2_1_3_2 = mean_2 * square_2_1_3_2;
      let scaled_term_0_2_2_0_2 = mean_2 * square_2_2_0_2;
      let scaled_term_0_2_2_1_2 = mean_2 * square_2_2_1_2;
      let scaled_term_0_2_2_2_2 = mean_2 * square_2_2_2_2;
      let scaled_term_0_2_2_3_2 = mean_2 * square_2_2_3_2;
      let scaled_term_0_2_3_0_2 = mean_2 * square_2_3_0_2;
      let scaled_term_0_2_3_1_2 = mean_2 * square_2_3_1_2;
      let scaled_term_0_2_3_2_2 = mean_2 * square_2_3_2_2;
      let scaled_term_0_2_3_3_2 = mean_2 * square_2_3_3_2;
      let scaled_term_0_3_0_0_2 = mean_3 * square_3_0_0_2;
      let scaled_term_0_3_0_1_2 = mean_3 * square_3_0_1_2;
      let scaled_term_0_3_0_2_2 = mean_3 * square_3_0_2_2;
      let scaled_term_0_3_0_3_2 = mean_3 * square_3_0_3_2;
      let scaled_term_0_3_1_0_2 = mean_3 * square_3_1_0_2;
      let scaled_term_0_3_1_1_2 = mean_3 * square_3_1_1_2;
      let scaled_term_0_3_1_2_2 = mean_3 * square_3_1_2_2;
      let scaled_term_0_3_1_3_2 = mean_3 * square_3_1_3_2;
      let scaled_term_0_3_2_0_2 = mean_3 * square_3_2_0_2;
      let scaled_term_0_3_2_1_2 = mean_3 * square_3_2_1_2;
      let scaled_term_0_3_2_2_2 = mean_3 * square_3_2_2_2;
      let scaled_term_0_3_2_3_2 = mean_3 * square_3_2_3_2;
      let scaled_term_0_3_3_0_2 = mean_3 * square_3_3_0_2;
      let scaled_term_0_3_3_1_2 = mean_3 * square_3_3_1_2;
      let scaled_term_0_3_3_2_2 = mean_3 * square_3_3_2_2;
      let scaled_term_0_3_3_3_2 = mean_3 * square_3_3_3_2;
      sum_0_0 = sum_0_0 + square_0_0_0_2;
      sum_0_1 = sum_0_1 + square_0_1_0_2;
      sum_0_2 = sum_0_2 + square_0_2_0_2;
      sum_0_3 = sum_0_3 + square_0_3_0_2;
      sum_1_0 = sum_1_0 + square_1_0_0_2;
      sum_1_1 = sum_1_1 + square_1_1_0_2;
      sum_1_2 = sum_1_2 + square_1_2_0_2;
      sum_1_3 = sum_1_3 + square_1_3_0_2;
      sum_2_0 = sum_2_0 + square_2_0_0_2;
      sum_2_1 = sum_2_1 + square_2_1_0_2;
      sum_2_2 = sum_2_2 + square_2_2_0_2;
      sum_2_3 = sum_2_3 + square_2_3_0_2;
      sum_3_0 = sum_3_0 + square_3_0_0_2;
      sum_3_1 = sum_3_1 + square_3_1_0_2;
      sum_3_2 = sum_3_2 + square_3_2_0_2;
      sum_3_3 = sum_3_3 + square_3_3_0_2;
      scaled_0_0 = scaled_term_0_0_0_0_2;
      scaled_0_1 = scaled_term_0_0_1_0_2;
      scaled_0_2 = scaled_term_0_0_2_0_2;
      scaled_0_3 = scaled_term_0_0_3_0_2;
      scaled_1_0 = scaled_term_0_1_0_0_2;
      scaled_1_1 = scaled_term_0_1_1_0_2;
      scaled_1_2 = scaled_term_0_1_2_0_2;
      scaled_1_3 = scaled_term_0_1_3_0_2;
      scaled_2_0 = scaled_term_0_2_0_0_2;
      scaled_2_1 = scaled_term_0_2_1_0_2;
      scaled_2_2 = scaled_term_0_2_2_0_2;
      scaled_2_3 = scaled_term_0_2_3_0_2;
      scaled_3_0 = scaled_term_0_3_0_0_2;
      scaled_3_1 = scaled_term_0_3_1_0_2;
      scaled_3_2 = scaled_term_0_3_2_0_2;
      scaled_3_3 = scaled_term_0_3_3_0_2;
      if zips_whole + 1u < run.n_zips {
        sum_0_0 = sum_0_0 + square_0_0_1_2;
        sum_0_1 = sum_0_1 + square_0_1_1_2;
        sum_0_2 = sum_0_2 + square_0_2_1_2;
        sum_0_3 = sum_0_3 + square_0_3_1_2;
        sum_1_0 = sum_1_0 + square_1_0_1_2;
        sum_1_1 = sum_1_1 + square_1_1_1_2;
        sum_1_2 = sum_1_2 + square_1_2_1_2;
        sum_1_3 = sum_1_3 + square_1_3_1_2;
        sum_2_0 = sum_2_0 + square_2_0_1_2;
        sum_2_1 = sum_2_1 + square_2_1_1_2;
        sum_2_2 = sum_2_2 + square_2_2_1_2;
        sum_2_3 = sum_2_3 + square_2_3_1_2;
        sum_3_0 = sum_3_0 + square_3_0_1_2;
        sum_3_1 = sum_3_1 + square_3_1_1_2;
        sum_3_2 = sum_3_2 + square_3_2_1_2;
        sum_3_3 = sum_3_3 + square_3_3_1_2;
        scaled_0_0 = scaled_term_0_0_0_1_2;
        scaled_0_1 = scaled_term_0_0_1_1_2;
        scaled_0_2 = scaled_term_0_0_2_1_2;
        scaled_0_3 = scaled_term_0_0_3_1_2;
        scaled_1_0 = scaled_term_0_1_0_1_2;
        scaled_1_1 = scaled_term_0_1_1_1_2;
        scaled_1_2 = scaled_term_0_1_2_1_2;
        scaled_1_3 = scaled_term_0_1_3_1_2;
        scaled_2_0 = scaled_term_0_2_0_1_2;
        scaled_2_1 = scaled_term_0_2_1_1_2;
        scaled_2_2 = scaled_term_0_2_2_1_2;
        scaled_2_3 = scaled_term_0_2_3_1_2;
        scaled_3_0 = scaled_term_0_3_0_1_2;
        scaled_3_1 = scaled_term_0_3_1_1_2;
        scaled_3_2 = scaled_term_0_3_2_1_2;
        scaled_3_3 = scaled_term_0_3_3_1_2;
      }
      if zips_whole + 2u < run.n_zips {
        sum_0_0 = sum_0_0 + square_0_0_2_2;
        sum_0_1 = sum_0_1 + square_0_1_2_2;
        sum_0_2 = sum_0_2 + square_0_2_2_2;
        sum_0_3 = sum_0_3 + square_0_3_2_2;
        sum_1_0 = sum_1_0 + square_1_0_2_2;
        sum_1_1 = sum_1_1 + square_1_1_2_2;
        sum_1_2 = sum_1_2 + square_1_2_2_2;
        sum_1_3 = sum_1_3 + square_1_3_2_2;
        sum_2_0 = sum_2_0 + square_2_0_2_2;
        sum_2_1 = sum_2_1 + square_2_1_2_2;
        sum_2_2 = sum_2_2 + square_2_2_2_2;
        sum_2_3 = sum_2_3 + square_2_3_2_2;
        sum_3_0 = sum_3_0 + square_3_0_2_2;
        sum_3_1 = sum_3_1 + square_3_1_2_2;
        sum_3_2 = sum_3_2 + square_3_2_2_2;
        sum_3_3 = sum_3_3 + square_3_3_2_2;
        scaled_0_0 = scaled_term_0_0_0_2_2;
        scaled_0_1 = scaled_term_0_0_1_2_2;
        scaled_0_2 = scaled_term_0_0_2_2_2;
        scaled_0_3 = scaled_term_0_0_3_2_2;
        scaled_1_0 = scaled_term_0_1_0_2_2;
        scaled_1_1 = scaled_term_0_1_1_2_2;
        scaled_1_2 = scaled_term_0_1_2_2_2;
        scaled_1_3 = scaled_term_0_1_3_2_2;
        scaled_2_0 = scaled_term_0_2_0_2_2;
        scaled_2_1 = scaled_term_0_2_1_2_2;
        scaled_2_2 = scaled_term_0_2_2_2_2;
        scaled_2_3 = scaled_term_0_2_3_2_2;
        scaled_3_0 = scaled_term_0_3_0_2_2;
        scaled_3_1 = scaled_term_0_3_1_2_2;
        scaled_3_2 = scaled_term_0_3_2_2_2;
        scaled_3_3 = scaled_term_0_3_3_2_2;
      }
      if zips_whole + 3u < run.n_zips {
        sum_0_0 = sum_0_0 + square_0_0_3_2;
        sum_0_1 = sum_0_1 + square_0_1_3_2;
        sum_0_2 = sum_0_2 + square_0_2_3_2;
        sum_0_3 = sum_0_3 + square_0_3_3_2;
        sum_1_0 = sum_1_0 + square_1_0_3_2;
        sum_1_1 = sum_1_1 + square_1_1_3_2;
        sum_1_2 = sum_1_2 + square_1_2_3_2;
        sum_1_3 = sum_1_3 + square_1_3_3_2;
        sum_2_0 = sum_2_0 + square_2_0_3_2;
        sum_2_1 = sum_2_1 + square_2_1_3_2;
        sum_2_2 = sum_2_2 + square_2_2_3_2;
        sum_2_3 = sum_2_3 + square_2_3_3_2;
        sum_3_0 = sum_3_0 + square_3_0_3_2;
        sum_3_1 = sum_3_1 + square_3_1_3_2;
        sum_3_2 = sum_3_2 + square_3_2_3_2;
        sum_3_3 = sum_3_3 + square_3_3_3_2;
        scaled_0_0 = scaled_term_0_0_0_3_2;
        scaled_0_1 = scaled_term_0_0_1_3_2;
        scaled_0_2 = scaled_term_0_0_2_3_2;
        scaled_0_3 = scaled_term_0_0_3_3_2;
        scaled_1_0 = scaled_term_0_1_0_3_2;
        scaled_1_1 = scaled_term_0_1_1_3_2;
        scaled_1_2 = scaled_term_0_1_2_3_2;
        scaled_1_3 = scaled_term_0_1_3_3_2;
        scaled_2_0 = scaled_term_0_2_0_3_2;
        scaled_2_1 = scaled_term_0_2_1_3_2;
        scaled_2_2 = scaled_term_0_2_2_3_2;
        scaled_2_3 = scaled_term_0_2_3_3_2;
        scaled_3_0 = scaled_term_0_3_0_3_2;
        scaled_3_1 = scaled_term_0_3_1_3_2;
        scaled_3_2 = scaled_term_0_3_2_3_2;
        scaled_3_3 = scaled_term_0_3_3_3_2;
      }
    }
    log_f_vectors[((states * n_k_a + k_a_0) * stride_k_b + k_b_0) / 4u] = vec4f(-0.5 * sum_0_0, -0.5 * sum_0_1, -0.5 * sum_0_2, -0.5 * sum_0_3);
    if k_a_tile * 4u + 1u < n_k_a {
      log_f_vectors[((states * n_k_a + k_a_1) * stride_k_b + k_b_0) / 4u] = vec4f(-0.5 * sum_1_0, -0.5 * sum_1_1, -0.5 * sum_1_2, -0.5 * sum_1_3);
    }
    if k_a_tile * 4u + 2u < n_k_a {
      log_f_vectors[((states * n_k_a + k_a_2) * stride_k_b + k_b_0) / 4u] = vec4f(-0.5 * sum_2_0, -0.5 * sum_2_1, -0.5 * sum_2_2, -0.5 * sum_2_3);
    }
    if k_a_tile * 4u + 3u < n_k_a {
      log_f_vectors[((states * n_k_a + k_a_3) * stride_k_b + k_b_0) / 4u] = vec4f(-0.5 * sum_3_0, -0.5 * sum_3_1, -0.5 * sum_3_2, -0.5 * sum_3_3);
    }
    last_vectors[((states * n_k_a + k_a_0) * stride_k_b + k_b_0) / 4u] = vec4f(scaled_0_0, scaled_0_1, scaled_0_2, scaled_0_3);
    if k_a_tile * 4u + 1u < n_k_a {
      last_vectors[((states * n_k_a + k_a_1) * stride_k_b + k_b_0) / 4u] = vec4f(scaled_1_0, scaled_1_1, scaled_1_2, scaled_1_3);
    }
    if k_a_tile * 4u + 2u < n_k_a {
      last_vectors[((states * n_k_a + k_a_2) * stride_k_b + k_b_0) / 4u] = vec4f(scaled_2_0, scaled_2_1, scaled_2_2, scaled_2_3);
    }
    if k_a_tile * 4u + 3u < n_k_a {
      last_vectors[((states * n_k_a + k_a_3) * stride_k_b + k_b_0) / 4u] = vec4f(scaled_3_0, scaled_3_1, scaled_3_2, scaled_3_3);
    }
  }
}

// The same, 4 along zips at a time.
@compute @workgroup_size(64)
fn main_vectors(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * n_k_a * n_k_b; point += groups.x * 64u) {
    let states = point / (n_k_a * n_k_b);
    let k_a = point / n_k_b % n_k_a;
    let k_b = point % n_k_b;
    let at_states_k_b = states * stride_k_b + k_b;
    let at_states = states * stride_zips;
    var sum = 0.0;
    var scaled = 0.0;
    let mean = inputs[particles_a + states * stride_k_a + k_a];
    // zips: sum
    let zips_whole = run.n_zips - run.n_zips % 4u;
    for (var zips = 0u; zips < zips_whole; zips += 4u) {
      let zips_0 = zips;
      let b = inputs[particles_b + at_states_k_b];
      let y_vector = inputs_vectors[(y + at_states + zips_0) / 4u];
      let shared_ = mean + b;
      let square_0 = square(y_vector.x - shared_);
      let square_1 = square(y_vector.y - shared_);
      let square_2 = square(y_vector.z - shared_);
      let square_3 = square(y_vector.w - shared_);
      let scaled_term_0_0 = mean * square_0;
      let scaled_term_0_1 = mean * square_1;
      let scaled_term_0_2 = mean * square_2;
      let scaled_term_0_3 = mean * square_3;
      sum = sum + square_0;
      scaled = scaled_term_0_0;
      sum = sum + square_1;
      scaled = scaled_term_0_1;
      sum = sum + square_2;
      scaled = scaled_term_0_2;
      sum = sum + square_3;
      scaled = scaled_term_0_3;
    }
    if zips_whole < run.n_zips {
      let zips_0_2 = min(zips_whole, run.n_zips - 1u);
      let b_2 = inputs[particles_b + at_states_k_b];
      let y_vector_2 = inputs_vectors[(y + at_states + zips_0_2) / 4u];
      let shared__2 = mean + b_2;
      let square_0_2 = square(y_vector_2.x - shared__2);
      let square_1_2 = square(y_vector_2.y - shared__2);
      let square_2_2 = square(y_vector_2.z - shared__2);
      let square_3_2 = square(y_vector_2.w - shared__2);
      let scaled_term_0_0_2 = mean * square_0_2;
      let scaled_term_0_1_2 = mean * square_1_2;
      let scaled_term_0_2_2 = mean * square_2_2;
      let scaled_term_0_3_2 = mean * square_3_2;
      sum = sum + square_0_2;
      scaled = scaled_term_0_0_2;
      if zips_whole + 1u < run.n_zips {
        sum = sum + square_1_2;
        scaled = scaled_term_0_1_2;
      }
      if zips_whole + 2u < run.n_zips {
        sum = sum + square_2_2;
        scaled = scaled_term_0_2_2;
      }
      if zips_whole + 3u < run.n_zips {
        sum = sum + square_3_2;
        scaled = scaled_term_0_3_2;
      }
    }
    log_f[(states * n_k_a + k_a) * stride_k_b + k_b] = -0.5 * sum;
    last[(states * n_k_a + k_a) * stride_k_b + k_b] = scaled;
  }
}
