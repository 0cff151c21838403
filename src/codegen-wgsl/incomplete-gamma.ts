// WGSL sources of the gamma distribution's tails in float32: src/codegen-js/special/incomplete-gamma.ts says how they work.

/** By name. Measured errors: gamma_quantile_slope 1e-6 relative for shapes from 0.05 on, 2e-5 down to 0.02;
 * gamma_quantile 2e-6, but never below 1e-30, to which quantiles of shapes below 0.1 come. */
export const INCOMPLETE_GAMMA = {
  log1p_less: `// log(1 + r) - r for r > -1
fn log1p_less(r: f32) -> f32 {
  if (abs(r) >= 0.4) { return log1p(r) - r; }
  let s = r / (2.0 + r);
  let w = s * s;
  let series = 0.333333333 + w * (0.2 + w * (0.142857143 + w * (0.111111111 + w * 0.0909090909)));
  return 2.0 * s * w * series - r * s;
}`,
  log1m_exp: `// log(1 - exp(x)) for x <= 0
fn log1m_exp(x: f32) -> f32 {
  if (x > -0.693147181) { return safe_log(-expm1(x)); }
  return log1p(-exp_accurate(x));
}`,
  expm1_less: `// exp(y) - 1 - y
fn expm1_less(y: f32) -> f32 {
  if (abs(y) >= 0.35) { return expm1(y) - y; }
  var p = 2.48015873e-05;
  p = p * y + 0.000198412698;
  p = p * y + 0.00138888889;
  p = p * y + 0.00833333333;
  p = p * y + 0.0416666667;
  p = p * y + 0.166666667;
  p = p * y + 0.5;
  return y * y * p;
}`,
  log_less_digamma: `// ln(z) - digamma(a), without the cancellation of that difference for large a
fn log_less_digamma(z: f32, a: f32) -> f32 {
  if (a < 8.0) { return ln(z) - digamma(a); }
  let w = 1.0 / a;
  let w2 = w * w;
  let r = (z - a) * w;
  var ratio = log1p(r);
  if (r < -0.5) { ratio = ln(z) - ln(a); }
  return ratio + 0.5 * w + w2 * (0.0833333333 - w2 * (0.00833333333 - w2 * 0.00396825397));
}`,
  gamma_tail: `// The integral of (constant + linear s) over the density's tail beyond z, over the density of log(z)
fn gamma_tail(a: f32, z: f32, side: f32, constant: f32, linear: f32) -> f32 {
  let fall = side * (z - a);
  let root = safe_sqrt(fall * fall + 34.0 * z);
  var end = (root - fall) / z;
  if (fall > 0.0) { end = 34.0 / (fall + root); }
  if (side > 0.0) { end = min(end, log1p((17.0 + a * log1p((17.0 + 40.0 * a) / z)) / z)); }
  for (var i = 0; i < 4; i++) {
    let slope = -fall - z * side * expm1(side * end);
    if (slope < 0.0) {
      let excess = 17.0 - fall * end - z * expm1_less(side * end);
      end = max(end - excess / slope, 0.25 * end);
    }
  }
  var middle = select(select(0.0, 3.0, end > 6.0), max(0.0, -ln(z)), side > 0.0);
  middle = min(middle, end);
  var nodes = array<f32, 6>(0.0626167043, 0.183915749, 0.293658977, 0.384951337, 0.452058628, 0.490780317);
  var weights = array<f32, 6>(0.124573523, 0.116746268, 0.101583713, 0.0800391643, 0.053469663, 0.0235876682);
  // two panels, twelve points on each
  let first = select(0, 12, middle <= 0.0);
  var sum = 0.0;
  for (var i = first; i < 24; i++) {
    let lower = select(0.0, middle, i >= 12);
    let width = select(middle, end - middle, i >= 12);
    let pair = (i % 12) >> 1u;
    let offset = select(-width, width, (i & 1) == 1) * nodes[pair];
    let s = lower + 0.5 * width + offset;
    sum += width * weights[pair] * (constant + linear * s) * exp_accurate(-fall * s - z * expm1_less(side * s));
  }
  return sum;
}`,
  gamma_quantile_slope: `fn gamma_quantile_slope(shape: f32, value: f32) -> f32 {
  let a = max(shape, 1e-6);
  let z = clamp(value, 1e-30, 1e30);
  let delta = log_less_digamma(z, a);
  return value * gamma_tail(a, z, select(-1.0, 1.0, delta > 0.0), abs(delta), 1.0);
}`,
  log_gamma_kernel: `// log(z^a exp(-z) / Gamma(a))
fn log_gamma_kernel(shape: f32, value: f32) -> f32 {
  let a = max(shape, 1e-6);
  let z = clamp(value, 1e-30, 1e30);
  let r = (z - a) / a;
  var far = 0.0;
  if (r < -0.5) { far = ln(z) - ln(a) - r; } else { far = log1p_less(r); }
  return a * far + (0.5 * ln(a * 0.159154943) - stirling_error(a));
}`,
  log_gamma_tail: `// The logarithm of the probability beyond z on this side
fn log_gamma_tail(shape: f32, value: f32, side: f32) -> f32 {
  let a = max(shape, 1e-6);
  let z = clamp(value, 1e-30, 1e30);
  let near = select(-1.0, 1.0, log_less_digamma(z, a) > 0.0);
  let tail = min(log_gamma_kernel(a, z) + ln(gamma_tail(a, z, near, 1.0, 0.0)), 0.0);
  if (near == side) { return tail; }
  return log1m_exp(tail);
}`,
  log_gamma_p: `fn log_gamma_p(shape: f32, value: f32) -> f32 {
  return log_gamma_tail(shape, value, -1.0);
}`,
  log_gamma_q: `fn log_gamma_q(shape: f32, value: f32) -> f32 {
  return log_gamma_tail(shape, value, 1.0);
}`,
  gamma_quantile: `fn gamma_quantile(probability: f32, shape: f32) -> f32 {
  let a = max(shape, 1e-6);
  let u = clamp(probability, SMALLEST_NORMAL, 0.99999994);
  var side = -1.0;
  var goal = ln(u);
  if (u > 0.5) {
    side = 1.0;
    goal = log1p(-u);
  }
  let root = 1.0 - 1.0 / (9.0 * a) + inv_Phi(u) / (3.0 * sqrt(a));
  var at = min((ln(u) + lgamma(a + 1.0)) / a, log1p(a));
  if (root > 0.2) { at = ln(a * root * root * root); }
  at = clamp(at, -69.0, 69.0);
  for (var i = 0; i < 24; i++) {
    let z = exp_accurate(at);
    let tail = log_gamma_tail(a, z, side);
    let change = side * (tail - goal) / max(exp_accurate(log_gamma_kernel(a, z) - tail), 1e-30);
    at = clamp(at + change, -69.0, 69.0);
    if (abs(change) <= 3e-7 * max(1.0, abs(at))) { break; }
  }
  return exp_accurate(at);
}`,
} as const;
