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
// log_f [states, k_a, k_b]: sum of squares
@group(0) @binding(2) var<storage, read_write> log_f: array<f32>;
// last [states, k_a, k_b]: a times the last square
@group(0) @binding(3) var<storage, read_write> last: array<f32>;
override particles_a: u32 = 0u;
override particles_b: u32 = 0u;
override y: u32 = 0u;
override n_states: u32 = 1u;
override n_k_a: u32 = 1u;
override n_k_b: u32 = 1u;
override n_zips: u32 = 1u;
override k_a_tiles: u32 = (n_k_a + 3u) / 4u;

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
    let at_states_k_b = states * n_k_b + k_b;
    let at_states = states * n_zips;
    var sum = 0.0;
    var scaled = 0.0;
    let mean = inputs[particles_a + states * n_k_a + k_a];
    // zips: sum
    for (var zips = 0u; zips < run.n_zips; zips++) {
      let b = inputs[particles_b + at_states_k_b];
      let square_ = square(inputs[y + at_states + zips] - (mean + b));
      sum = sum + square_;
      scaled = mean * square_;
    }
    log_f[point] = -0.5 * sum;
    last[point] = scaled;
  }
}

// The same, 4 along k_a at a time.
@compute @workgroup_size(64)
fn main_tiled(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states * k_a_tiles * n_k_b; point += groups.x * 64u) {
    let states = point / (k_a_tiles * n_k_b);
    let k_a_tile = point / n_k_b % k_a_tiles;
    let k_b = point % n_k_b;
    let k_a_0 = min(k_a_tile * 4u, n_k_a - 1u);
    let k_a_1 = min(k_a_tile * 4u + 1u, n_k_a - 1u);
    let k_a_2 = min(k_a_tile * 4u + 2u, n_k_a - 1u);
    let k_a_3 = min(k_a_tile * 4u + 3u, n_k_a - 1u);
    let at_states_k_b = states * n_k_b + k_b;
    let at_states = states * n_zips;
    var sum_0 = 0.0;
    var sum_1 = 0.0;
    var sum_2 = 0.0;
    var sum_3 = 0.0;
    var scaled_0 = 0.0;
    var scaled_1 = 0.0;
    var scaled_2 = 0.0;
    var scaled_3 = 0.0;
    let mean_0 = inputs[particles_a + states * n_k_a + k_a_0];
    let mean_1 = inputs[particles_a + states * n_k_a + k_a_1];
    let mean_2 = inputs[particles_a + states * n_k_a + k_a_2];
    let mean_3 = inputs[particles_a + states * n_k_a + k_a_3];
    // zips: sum
    for (var zips = 0u; zips < run.n_zips; zips++) {
      let b = inputs[particles_b + at_states_k_b];
      let y_2 = inputs[y + at_states + zips];
      let square_0 = square(y_2 - (mean_0 + b));
      let square_1 = square(y_2 - (mean_1 + b));
      let square_2 = square(y_2 - (mean_2 + b));
      let square_3 = square(y_2 - (mean_3 + b));
      sum_0 = sum_0 + square_0;
      sum_1 = sum_1 + square_1;
      sum_2 = sum_2 + square_2;
      sum_3 = sum_3 + square_3;
      scaled_0 = mean_0 * square_0;
      scaled_1 = mean_1 * square_1;
      scaled_2 = mean_2 * square_2;
      scaled_3 = mean_3 * square_3;
    }
    log_f[(states * n_k_a + k_a_0) * n_k_b + k_b] = -0.5 * sum_0;
    log_f[(states * n_k_a + k_a_1) * n_k_b + k_b] = -0.5 * sum_1;
    log_f[(states * n_k_a + k_a_2) * n_k_b + k_b] = -0.5 * sum_2;
    log_f[(states * n_k_a + k_a_3) * n_k_b + k_b] = -0.5 * sum_3;
    last[(states * n_k_a + k_a_0) * n_k_b + k_b] = scaled_0;
    last[(states * n_k_a + k_a_1) * n_k_b + k_b] = scaled_1;
    last[(states * n_k_a + k_a_2) * n_k_b + k_b] = scaled_2;
    last[(states * n_k_a + k_a_3) * n_k_b + k_b] = scaled_3;
  }
}
