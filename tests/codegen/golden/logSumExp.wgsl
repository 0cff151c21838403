// eliminate: eliminates k_states
struct Run {
  seed: u32,
  iteration: u32,
  draws_from: u32,
  n_zips: u32,
  n_k_states: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// log_f [states, zips, k_states]: log factors
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
// log_z [states]: sum over zips, log-sum-exp over k_states
@group(0) @binding(2) var<storage, read_write> log_z: array<f32>;
// log_z, four at a time.
@group(0) @binding(2) var<storage, read_write> log_z_vectors: array<vec4f>;
// largest [states]: largest of the sums
@group(0) @binding(3) var<storage, read_write> largest: array<f32>;
// largest, four at a time.
@group(0) @binding(3) var<storage, read_write> largest_vectors: array<vec4f>;
override log_f: u32 = 0u;
override n_states: u32 = 1u;
override n_zips: u32 = 1u;
override stride_k_states: u32 = 1u;
override states_tiles: u32 = (n_states + 3u) / 4u;

const LOG_ZERO = -1e30;
const SMALLEST_NORMAL = 0x1p-126;
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.12194440e-4;
fn exp_finite(x: f32) -> f32 {
  return exp(min(x, 88.0));
}
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

// Points: (states).
@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states; point += groups.x * 64u) {
    let at_states = point * n_zips * stride_k_states;
    var m = LOG_ZERO;
    var s = 0.0;
    // k_states: log-sum-exp
    for (var k_states = 0u; k_states < run.n_k_states; k_states++) {
      let at_states_k_states = at_states + k_states;
      var term = 0.0;
      // zips: sum
      for (var zips = 0u; zips < run.n_zips; zips++) {
        term = term + inputs[log_f + at_states_k_states + zips * stride_k_states];
      }
      let m_new = max(m, term);
      s = s * exp_finite(m - m_new) + exp_finite(term - m_new);
      m = m_new;
    }
    log_z[point] = m + safe_log(s);
    largest[point] = m;
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
    let at_states_0 = states_0 * n_zips * stride_k_states;
    let at_states_1 = states_1 * n_zips * stride_k_states;
    let at_states_2 = states_2 * n_zips * stride_k_states;
    let at_states_3 = states_3 * n_zips * stride_k_states;
    var m_0 = LOG_ZERO;
    var m_1 = LOG_ZERO;
    var m_2 = LOG_ZERO;
    var m_3 = LOG_ZERO;
    var s_0 = 0.0;
    var s_1 = 0.0;
    var s_2 = 0.0;
    var s_3 = 0.0;
    // k_states: log-sum-exp
    for (var k_states = 0u; k_states < run.n_k_states; k_states++) {
      let at_states_k_states_0 = at_states_0 + k_states;
      let at_states_k_states_1 = at_states_1 + k_states;
      let at_states_k_states_2 = at_states_2 + k_states;
      let at_states_k_states_3 = at_states_3 + k_states;
      var term_0 = 0.0;
      var term_1 = 0.0;
      var term_2 = 0.0;
      var term_3 = 0.0;
      // zips: sum
      for (var zips = 0u; zips < run.n_zips; zips++) {
        term_0 = term_0 + inputs[log_f + at_states_k_states_0 + zips * stride_k_states];
        term_1 = term_1 + inputs[log_f + at_states_k_states_1 + zips * stride_k_states];
        term_2 = term_2 + inputs[log_f + at_states_k_states_2 + zips * stride_k_states];
        term_3 = term_3 + inputs[log_f + at_states_k_states_3 + zips * stride_k_states];
      }
      let m_new_0 = max(m_0, term_0);
      let m_new_1 = max(m_1, term_1);
      let m_new_2 = max(m_2, term_2);
      let m_new_3 = max(m_3, term_3);
      s_0 = s_0 * exp_finite(m_0 - m_new_0) + exp_finite(term_0 - m_new_0);
      s_1 = s_1 * exp_finite(m_1 - m_new_1) + exp_finite(term_1 - m_new_1);
      s_2 = s_2 * exp_finite(m_2 - m_new_2) + exp_finite(term_2 - m_new_2);
      s_3 = s_3 * exp_finite(m_3 - m_new_3) + exp_finite(term_3 - m_new_3);
      m_0 = m_new_0;
      m_1 = m_new_1;
      m_2 = m_new_2;
      m_3 = m_new_3;
    }
    log_z_vectors[states_0 / 4u] = vec4f(m_0 + safe_log(s_0), m_1 + safe_log(s_1), m_2 + safe_log(s_2), m_3 + safe_log(s_3));
    largest_vectors[states_0 / 4u] = vec4f(m_0, m_1, m_2, m_3);
  }
}
