// WGSL sources of the beta distribution's tails in float32, by the log odds of its value: see
// src/codegen-js/special/incomplete-beta.ts.

/** By name. Log odds end at -80 and 80, where quantiles of small shapes end too. */
export const INCOMPLETE_BETA = {
  share_of_odds: `// 1 / (1 + exp(-w)), to the last digits
fn share_of_odds(w: f32) -> f32 {
  let e = exp_accurate(-abs(w));
  return select(e, 1.0, w >= 0.0) / (1.0 + e);
}`,
  log_moved: `// log(1 + x (exp(-s) - 1)) for s >= 0 and y = 1 - x
fn log_moved(x: f32, y: f32, s: f32) -> f32 {
  if (x > y && s > 0.7) { return ln(y + x * exp_accurate(-s)); }
  return log1p(x * expm1(-s));
}`,
  log_moved_less: `// log_moved(x, y, s) + x s, also log(1 + y (exp(s) - 1)) - y s: for small s by the cumulants of a Bernoulli variable
fn log_moved_less(x: f32, y: f32, s: f32) -> f32 {
  if (s > 0.2) {
    if (y < x && s < 80.0) { return log1p(y * expm1(s)) - y * s; }
    return log_moved(x, y, s) + x * s;
  }
  let k2 = x * y;
  let k3 = k2 * (y - x);
  let k4 = k2 * (1.0 - 6.0 * k2);
  let k5 = k3 * (1.0 - 12.0 * k2);
  let k6 = k2 * (1.0 - 30.0 * k2 * (1.0 - 4.0 * k2));
  let rest = k3 / 6.0 - s * (k4 / 24.0 - s * (k5 / 120.0 - s * (k6 / 720.0)));
  return s * s * (0.5 * k2 - s * rest);
}`,
  beta_tail_weight: `// What is integrated over a tail: 1 (kind 0), delta + log(x / t) (1), delta + log(t / x) of the other shape's x (2)
fn beta_tail_weight(x: f32, y: f32, s: f32, kind: i32, delta: f32) -> f32 {
  if (kind == 0) { return 1.0; }
  if (kind == 2) { return delta - log_moved(x, y, s); }
  if (s < 0.7) { return delta + log1p(y * expm1(s)); }
  return delta + s + ln(y + x * exp_accurate(-s));
}`,
  beta_tail_panel: `// The integral of the weight times exp(-fall s - total (log_moved + x s)), at twelve points
fn beta_tail_panel(lower: f32, upper: f32, x: f32, y: f32, total: f32, fall: f32, kind: i32, delta: f32) -> f32 {
  var nodes = array<f32, 6>(0.0626167043, 0.183915749, 0.293658977, 0.384951337, 0.452058628, 0.490780317);
  var weights = array<f32, 6>(0.124573523, 0.116746268, 0.101583713, 0.0800391643, 0.053469663, 0.0235876682);
  let centre = 0.5 * (lower + upper);
  let width = upper - lower;
  var sum = 0.0;
  for (var i = 0; i < 12; i++) {
    let offset = width * nodes[i >> 1u];
    let s = select(centre - offset, centre + offset, (i & 1) == 1);
    let density = exp_accurate(-fall * s - total * log_moved_less(x, y, s));
    sum += weights[i >> 1u] * beta_tail_weight(x, y, s, kind, delta) * density;
  }
  return sum * width;
}`,
  beta_tail: `// The integral of the weight over the lower tail from w, over the density of the log odds at w
fn beta_tail(a: f32, b: f32, w: f32, kind: i32, delta: f32) -> f32 {
  let x = share_of_odds(w);
  let y = share_of_odds(-w);
  let total = a + b;
  let curvature = total * x * y;
  var fall = total * y - b;
  if (x < 0.5) { fall = a - total * x; }
  let root = safe_sqrt(fall * fall + 34.0 * curvature);
  var end = (root - fall) / curvature;
  if (fall > 0.0) { end = 34.0 / (fall + root); }
  end = min(end, (17.0 - total * ln(y)) / a);
  for (var i = 0; i < 40; i++) {
    let excess = 17.0 - fall * end - total * log_moved_less(x, y, end);
    if (abs(excess) < 0.5) { break; }
    let moved = x * exp_accurate(-end);
    let slope = -fall - total * (x - moved / (y + moved));
    if (slope < 0.0) { end = max(end - excess / slope, 0.25 * end); } else { end *= 2.0; }
  }
  if (end <= 6.0) { return beta_tail_panel(0.0, end, x, y, total, fall, kind, delta); }
  let turn = max(0.0, w - (ln(a + 1.0) - ln(b + 1.0)));
  var steps = array<f32, 7>(-75.0, -15.0, -3.0, 3.0, 15.0, 75.0, 1e30);
  var lower = 0.0;
  var sum = 0.0;
  for (var i = 0; i < 7; i++) {
    let upper = clamp(turn + steps[i], 0.0, end);
    if (upper > lower) { sum += beta_tail_panel(lower, upper, x, y, total, fall, kind, delta); }
    lower = upper;
  }
  return sum;
}`,
  log_beta_kernel: `// log(x^a (1 - x)^b / B(a, b)) at the log odds w of x
fn log_beta_kernel(first: f32, second: f32, odds: f32) -> f32 {
  let a = max(first, 1e-6);
  let b = max(second, 1e-6);
  let w = clamp(odds, -80.0, 80.0);
  let x = share_of_odds(w);
  let y = share_of_odds(-w);
  let total = a + b;
  let m = a / total;
  let n = b / total;
  var d = n - y;
  if (x < 0.5) { d = x - m; }
  let errors = stirling_error(total) - stirling_error(a) - stirling_error(b);
  let far = a * log_ratio_less(x, m, d / m) + b * log_ratio_less(y, n, -d / n);
  return far + (errors + 0.5 * ln(m * b * 0.159154943));
}`,
  log_ratio_less: `// log(x / m) - r, where x = m (1 + r)
fn log_ratio_less(x: f32, m: f32, r: f32) -> f32 {
  if (r < -0.5) { return ln(x) - ln(m) - r; }
  return log1p_less(r);
}`,
  log_inc_beta: `// The logarithm of the regularised incomplete beta function I_x(a, b) at the log odds w of x
fn log_inc_beta(first: f32, second: f32, odds: f32) -> f32 {
  let a = max(first, 1e-6);
  let b = max(second, 1e-6);
  let w = clamp(odds, -80.0, 80.0);
  let upper = w >= digamma(a) - digamma(b);
  let tail = beta_tail(select(a, b, upper), select(b, a, upper), select(w, -w, upper), 0, 0.0);
  let near = min(log_beta_kernel(a, b, w) + ln(tail), 0.0);
  if (upper) { return log1m_exp(near); }
  return near;
}`,
  beta_quantile: `// The log odds of the quantile
fn beta_quantile(probability: f32, first: f32, second: f32) -> f32 {
  let u = clamp(probability, SMALLEST_NORMAL, 0.99999994);
  let upper = u > 0.5;
  let a = max(select(first, second, upper), 1e-6);
  let b = max(select(second, first, upper), 1e-6);
  var goal = ln(u);
  if (upper) { goal = log1p(-u); }
  let spread = sqrt(trigamma(a) + trigamma(b));
  var w = clamp(digamma(a) - digamma(b) - abs(inv_Phi(u)) * spread, -80.0, 80.0);
  for (var i = 0; i < 24; i++) {
    let tail = log_inc_beta(a, b, w);
    let change = (goal - tail) / max(exp_accurate(log_beta_kernel(a, b, w) - tail), 1e-30);
    w = clamp(w + change, -80.0, 80.0);
    if (abs(change) <= 1e-6 * max(1.0, abs(w))) { break; }
  }
  return select(w, -w, upper);
}`,
  beta_quantile_slope: `fn beta_quantile_slope(first: f32, second: f32, odds: f32) -> f32 {
  let a = max(first, 1e-6);
  let b = max(second, 1e-6);
  let w = clamp(odds, -80.0, 80.0);
  let total = a + b;
  let delta = log_less_digamma(total * share_of_odds(w), a) - log_less_digamma(total, total);
  if (delta < 0.0) { return beta_tail(a, b, w, 1, -delta); }
  return beta_tail(b, a, -w, 2, delta);
}`,
  neg_binomial_reaches: `// Whether P(Y <= y) >= u
fn neg_binomial_reaches(u: f32, y: f32, shape: f32, w: f32) -> bool {
  if (u > 0.5) { return log_inc_beta(y + 1.0, shape, -w) <= log1p(-u); }
  return log_inc_beta(shape, y + 1.0, w) >= ln(u);
}`,
  neg_binomial_quantile: `fn neg_binomial_quantile(probability: f32, shape: f32, odds: f32) -> f32 {
  let u = clamp(probability, SMALLEST_NORMAL, 0.99999994);
  var low = -1.0;
  var high = 0.0;
  for (var i = 0; i < 23; i++) {
    if (neg_binomial_reaches(u, high, shape, odds)) { break; }
    low = high;
    high = 2.0 * high + 1.0;
  }
  for (var i = 0; i < 24; i++) {
    if (high - low <= 1.0) { break; }
    let middle = floor(0.5 * (low + high));
    if (neg_binomial_reaches(u, middle, shape, odds)) { high = middle; } else { low = middle; }
  }
  return high;
}`,
} as const;
