// eliminate: eliminates k_states
// A point for each (states).
struct Run {
  seed: u32,
  iteration: u32,
  stratified: u32,
  n_k_states: u32,
  n_zips: u32,
}
@group(0) @binding(0) var<uniform> run: Run;
// log_f [states, zips, k_states]: log factors
@group(0) @binding(1) var<storage, read> inputs: array<f32>;
// log_z [states]: sum over zips, log-sum-exp over k_states
@group(0) @binding(2) var<storage, read_write> log_z: array<f32>;
// largest [states]: largest of the sums
@group(0) @binding(3) var<storage, read_write> largest: array<f32>;
override n_zips: u32 = 1u;
override n_k_states: u32 = 1u;
override log_f: u32 = 0u;
override n_states: u32 = 1u;

// (helpers)

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  for (var point = group.x * 64u + lane; point < n_states; point += groups.x * 64u) {
    let at_states = point * n_zips * n_k_states;
    var m = LOG_ZERO;
    var s = 0.0;
    // k_states: log-sum-exp
    for (var k_states = 0u; k_states < run.n_k_states; k_states++) {
      let at_states_k_states = at_states + k_states;
      var term = 0.0;
      // zips: sum
      for (var zips = 0u; zips < run.n_zips; zips++) {
        term = term + inputs[log_f + at_states_k_states + zips * n_k_states];
      }
      let m_new = max(m, term);
      s = s * exp_accurate(m - m_new) + exp_accurate(term - m_new);
      m = m_new;
    }
    log_z[point] = m + safe_log(s);
    largest[point] = m;
  }
}
