// WGSL sources of the discrete quantile functions in float32: the smallest count whose distribution function reaches u.

/**
 * By name. Up to a variance of 10 the masses are summed from the bottom; above, Cornish and Fisher's expansion gives
 * the count, and only where it comes within its own error of a step are the masses of a tail summed to decide.
 */
export const QUANTILES = {
  poisson_quantile: `fn poisson_quantile(u: f32, rate: f32) -> f32 {
  if (rate < 10.0) { return poisson_by_sums(u, max(rate, 0.0)); }
  let w = inv_Phi(u);
  let inverse = 1.0 / rate;
  let x = lattice_quantile(w, rate, rate, inverse, inverse);
  let edge = round(x);
  if (edge < 1.0 || abs(x - edge) > lattice_error(w, rate)) { return max(floor(x), 0.0); }
  return select(edge, edge - 1.0, poisson_reaches(u, edge - 1.0, rate));
}`,
  poisson_by_sums: `fn poisson_by_sums(u: f32, rate: f32) -> f32 {
  var y = 0.0;
  var mass = exp_accurate(-rate);
  var below = mass;
  var above = -expm1(-rate);
  // u counts from the nearer end; masses too small to move the sums end the search
  for (var i = 0; i < 100; i++) {
    if (select(below >= u, above <= 1.0 - u, u > 0.5) || (mass < 1e-9 && y > rate)) { break; }
    y += 1.0;
    mass *= rate / y;
    below += mass;
    above -= mass;
  }
  return y;
}`,
  poisson_reaches: `// Whether P(Y <= y) >= u
fn poisson_reaches(u: f32, y: f32, rate: f32) -> bool {
  let upper = u > 0.5;
  var at = select(y, y + 1.0, upper);
  var mass = exp_accurate(-rate);
  if (at > 0.0) { mass = exp_accurate(-stirling_error(at) - deviance(at, rate)) * inverseSqrt(6.28318531 * at); }
  var sum = mass;
  for (var i = 0; i < 10000; i++) {
    if (mass < 1e-8 * sum || at <= 0.0) { break; }
    mass *= select(at / rate, rate / (at + 1.0), upper);
    at += select(-1.0, 1.0, upper);
    sum += mass;
  }
  return select(sum >= u, sum <= 1.0 - u, upper);
}`,
  binomial_quantile: `fn binomial_quantile(u: f32, trials: f32, theta: f32) -> f32 {
  let flipped = theta > 0.5;
  let p = clamp(select(theta, 1.0 - theta, flipped), 0.0, 0.5);
  let y = binomial_lower_half(select(u, 1.0 - u, flipped), trials, p);
  return select(y, trials - y, flipped);
}`,
  binomial_lower_half: `fn binomial_lower_half(u: f32, trials: f32, p: f32) -> f32 {
  let q = 1.0 - p;
  let mean = trials * p;
  let variance = mean * q;
  if (variance < 10.0) { return binomial_by_sums(u, trials, p); }
  let w = inv_Phi(u);
  let asymmetry = q - p;
  let x = lattice_quantile(w, mean, variance, asymmetry * asymmetry / variance, (1.0 - 6.0 * p * q) / variance);
  let edge = round(x);
  if (edge < 1.0 || edge > trials || abs(x - edge) > lattice_error(w, variance)) {
    return clamp(floor(x), 0.0, trials);
  }
  return select(edge, edge - 1.0, binomial_reaches(u, edge - 1.0, trials, p));
}`,
  binomial_by_sums: `fn binomial_by_sums(u: f32, trials: f32, p: f32) -> f32 {
  let odds = p / (1.0 - p);
  let log_none = trials * log1p(-p);
  var y = 0.0;
  var mass = exp_accurate(log_none);
  var below = mass;
  var above = -expm1(log_none);
  for (var i = 0; i < 100; i++) {
    let reached = select(below >= u, above <= 1.0 - u, u > 0.5);
    if (reached || y >= trials || (mass < 1e-9 && y > trials * p)) { break; }
    mass *= (trials - y) / (y + 1.0) * odds;
    y += 1.0;
    below += mass;
    above -= mass;
  }
  return y;
}`,
  binomial_reaches: `// Whether P(Y <= y) >= u
fn binomial_reaches(u: f32, y: f32, trials: f32, p: f32) -> bool {
  let upper = u > 0.5;
  let odds = p / (1.0 - p);
  var at = select(y, y + 1.0, upper);
  var mass = binomial_mass(at, trials, p);
  var sum = mass;
  for (var i = 0; i < 10000; i++) {
    if (mass < 1e-8 * sum || select(at <= 0.0, at >= trials, upper)) { break; }
    mass *= select(at / ((trials - at + 1.0) * odds), (trials - at) / (at + 1.0) * odds, upper);
    at += select(-1.0, 1.0, upper);
    sum += mass;
  }
  return select(sum >= u, sum <= 1.0 - u, upper);
}`,
  binomial_mass: `fn binomial_mass(y: f32, trials: f32, p: f32) -> f32 {
  if (y <= 0.0) { return exp_accurate(trials * log1p(-p)); }
  if (y >= trials) { return exp_accurate(trials * safe_log(p)); }
  let rest = trials - y;
  let errors = stirling_error(trials) - stirling_error(y) - stirling_error(rest);
  let far = deviance(y, trials * p) + deviance(rest, trials * (1.0 - p));
  return exp_accurate(errors - far) * sqrt(trials / (6.28318531 * y * rest));
}`,
  lattice_quantile: `// Cornish and Fisher's expansion at the normal quantile w, with the corrections for whole numbers
fn lattice_quantile(w: f32, mean: f32, variance: f32, squared_skewness: f32, excess_kurtosis: f32) -> f32 {
  let sd = sqrt(variance);
  let w2 = w * w;
  let skew = sqrt(squared_skewness) * (w2 - 1.0) / 6.0;
  let kurtosis = excess_kurtosis * w * (w2 - 3.0) / 24.0 - squared_skewness * w * (2.0 * w2 - 5.0) / 36.0;
  return mean + (sd * (w + skew + kurtosis) - w / (24.0 * sd) + 0.5);
}`,
  lattice_error: `fn lattice_error(w: f32, variance: f32) -> f32 {
  let w2 = w * w;
  return select((0.05 + w2 * (0.02 + 0.008 * w2)) / variance, 0.0, variance > 1e5);
}`,
  stirling_error: `// lgamma(n + 1) less (n + 1/2) log(n) - n + log(2 pi) / 2, for n >= 1
fn stirling_error(n: f32) -> f32 {
  if (n >= 8.0) { return stirling_tail(n); }
  return lgamma(n + 1.0) - (n + 0.5) * ln(n) + n - 0.918938533;
}`,
  deviance: `fn deviance(x: f32, mean: f32) -> f32 {
  return x * log1p((x - mean) / mean) - (x - mean);
}`,
} as const;
