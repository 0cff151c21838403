// WGSL sources of the elementary functions in float32: more accurate than the builtins, and finite everywhere.

/**
 * By name. `ln` takes positive normal numbers; the others take any number. Constants of the argument reductions are
 * split so that their products with small integers are exact, and each correction is written in the order that
 * compilers keep (they may reassociate). Polynomials: minimax fits, and those of Cephes (Moshier) for the circle.
 */
export const ELEMENTARY = {
  LOG_ZERO: `const LOG_ZERO = -1e30;`,
  SMALLEST_NORMAL: `const SMALLEST_NORMAL = 0x1p-126;`,
  LN2: `const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.12194440e-4;`,
  power_of_two: `fn power_of_two(n: i32) -> f32 {
  return bitcast<f32>(u32(n + 127) << 23u);
}`,
  // The builtin is good to 5e-6 and four times as fast as exp_accurate; it stays finite where it would overflow.
  exp_finite: `fn exp_finite(x: f32) -> f32 {
  return exp(min(x, 88.0));
}`,
  exp_accurate: `fn exp_accurate(argument: f32) -> f32 {
  let x = clamp(argument, -103.0, 88.5);
  let n = round(x * 1.44269504);
  let r = (x - n * LN2_HIGH) - n * LN2_LOW;
  var p = 0.00139421481;
  p = p * r + 0.00837595854;
  p = p * r + 0.0416663401;
  p = p * r + 0.166664049;
  p = p * r + 0.5;
  let whole = i32(n);
  let half = whole >> 1u;
  return ((1.0 + (r + r * r * p)) * power_of_two(half)) * power_of_two(whole - half);
}`,
  log_of_mantissa: `// log(1 + f) + e log(2) for 1 + f in [sqrt(1/2), sqrt(2))
fn log_of_mantissa(f: f32, e: f32) -> f32 {
  let s = f / (2.0 + f);
  let z = s * s;
  let r = z * (0.66666663 + z * (0.40000391 + z * (0.28534636 + z * 0.236243904)));
  let h = 0.5 * f * f;
  return e * LN2_HIGH + (f - (h - (s * (h + r) + e * LN2_LOW)));
}`,
  ln: `fn ln(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let k = i32(bits - 0x3f3504f3u) >> 23u;
  return log_of_mantissa(bitcast<f32>(bits - (bitcast<u32>(k) << 23u)) - 1.0, f32(k));
}`,
  safe_log: `fn safe_log(x: f32) -> f32 {
  return select(LOG_ZERO, ln(max(x, SMALLEST_NORMAL)), x >= SMALLEST_NORMAL);
}`,
  log1p: `fn log1p(x: f32) -> f32 {
  if (x > -0.2929 && x < 0.4142) { return log_of_mantissa(x, 0.0); }
  return safe_log(1.0 + x);
}`,
  expm1: `fn expm1(x: f32) -> f32 {
  if (abs(x) >= 0.5) { return exp_accurate(x) - 1.0; }
  var p = 2.7698577e-06;
  p = p * x + 2.49570385e-05;
  p = p * x + 0.000198410053;
  p = p * x + 0.0013888597;
  p = p * x + 0.00833333377;
  p = p * x + 0.0416666679;
  p = p * x + 0.166666672;
  p = p * x + 0.5;
  return x + x * x * p;
}`,
  inv_logit: `fn inv_logit(x: f32) -> f32 {
  let e = exp(max(-abs(x), -87.0));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}`,
  log1p_exp: `fn log1p_exp(x: f32) -> f32 {
  return max(x, 0.0) + ln(1.0 + exp(-abs(x)));
}`,
  square: `fn square(x: f32) -> f32 {
  return x * x;
}`,
  safe_sqrt: `fn safe_sqrt(x: f32) -> f32 {
  return sqrt(max(x, 0.0));
}`,
  power: `// x to the power y: products for small whole y; a negative x takes whole y only (and counts as -x otherwise)
fn power(x: f32, y: f32) -> f32 {
  let whole = y == trunc(y);
  if (whole && abs(y) <= 16.0) {
    var result = 1.0;
    var factor = x;
    for (var n = u32(abs(y)); n > 0u; n = n >> 1u) {
      if ((n & 1u) == 1u) { result *= factor; }
      factor *= factor;
    }
    return select(result, 1.0 / result, y < 0.0);
  }
  if (abs(x) < SMALLEST_NORMAL) { return select(0.0, 3e38, y < 0.0); }
  let size = exp_accurate(y * ln(abs(x)));
  let odd = whole && abs(modulo(y, 2.0)) == 1.0;
  return select(size, -size, x < 0.0 && odd);
}`,
  int_div: `// The quotient of whole numbers, truncated; a division that rounds to the wrong side is put right
fn int_div(a: f32, b: f32) -> f32 {
  let q = round(a / b);
  let excess = q * b - a;
  let toward_zero = sign(a) * sign(b);
  return select(q, q - toward_zero, excess * sign(a) > 0.0);
}`,
  modulo: `fn modulo(a: f32, b: f32) -> f32 {
  return a - b * int_div(a, b);
}`,
  round_half_away: `fn round_half_away(x: f32) -> f32 {
  let whole = trunc(x);
  return select(whole, whole + sign(x), abs(x - whole) >= 0.5);
}`,
  reduced_angle: `// The angle less the nearest multiple of pi / 2, and that multiple modulo 4; accurate up to about 1e4
struct ReducedAngle { rest: f32, quadrant: i32 }
fn reduced_angle(x: f32) -> ReducedAngle {
  let n = round(x * 0.636619772);
  let rest = ((x - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.549789948768648e-8;
  return ReducedAngle(clamp(rest, -0.7854, 0.7854), i32(n) & 3);
}`,
  sin_near_zero: `fn sin_near_zero(x: f32) -> f32 {
  let z = x * x;
  return x + x * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
}`,
  cos_near_zero: `fn cos_near_zero(x: f32) -> f32 {
  let z = x * x;
  return 1.0 - (0.5 * z - z * z * (4.166664568298827e-2 - z * (1.388731625493765e-3 - z * 2.443315711809948e-5)));
}`,
  sin_of_quadrant: `fn sin_of_quadrant(rest: f32, quadrant: i32) -> f32 {
  let size = select(sin_near_zero(rest), cos_near_zero(rest), (quadrant & 1) == 1);
  return select(size, -size, (quadrant & 2) == 2);
}`,
  sin_accurate: `fn sin_accurate(x: f32) -> f32 {
  let angle = reduced_angle(x);
  return sin_of_quadrant(angle.rest, angle.quadrant);
}`,
  cos_accurate: `fn cos_accurate(x: f32) -> f32 {
  let angle = reduced_angle(x);
  return sin_of_quadrant(angle.rest, angle.quadrant + 1);
}`,
  tan_accurate: `fn tan_accurate(x: f32) -> f32 {
  let angle = reduced_angle(x);
  let s = sin_near_zero(angle.rest);
  let c = cos_near_zero(angle.rest);
  if ((angle.quadrant & 1) == 0) { return s / c; }
  return -c / select(s, SMALLEST_NORMAL, s == 0.0);
}`,
  atan_accurate: `fn atan_accurate(x: f32) -> f32 {
  let a = abs(x);
  let far = a > 2.41421356;
  let near = a <= 0.41421356;
  let start = select(select(0.785398163, 1.57079633, far), 0.0, near);
  let y = select(select((a - 1.0) / (a + 1.0), -1.0 / max(a, 1.0), far), a, near);
  let z = y * y;
  let p = -3.33329491539e-1 + z * (1.99777106478e-1 + z * (-1.38776856032e-1 + z * 8.05374449538e-2));
  return sign(x) * (start + (y + y * z * p));
}`,
  asin_near_zero: `fn asin_near_zero(x: f32) -> f32 {
  let z = x * x;
  var p = 4.2163199048e-2;
  p = p * z + 2.4181311049e-2;
  p = p * z + 4.5470025998e-2;
  p = p * z + 7.4953002686e-2;
  p = p * z + 1.6666752422e-1;
  return x + x * z * p;
}`,
  asin_accurate: `fn asin_accurate(x: f32) -> f32 {
  let a = abs(x);
  if (a <= 0.5) { return asin_near_zero(x); }
  return sign(x) * (1.57079633 - 2.0 * asin_near_zero(safe_sqrt(0.5 - 0.5 * a)));
}`,
  acos_accurate: `fn acos_accurate(x: f32) -> f32 {
  let a = abs(x);
  if (a <= 0.5) { return 1.57079633 - asin_near_zero(x); }
  let angle = 2.0 * asin_near_zero(safe_sqrt(0.5 - 0.5 * a));
  return select(angle, 3.14159265 - angle, x < 0.0);
}`,
  sinh_accurate: `fn sinh_accurate(x: f32) -> f32 {
  let e = expm1(min(abs(x), 88.0));
  return 0.5 * sign(x) * (e + e / (e + 1.0));
}`,
  cosh_accurate: `fn cosh_accurate(x: f32) -> f32 {
  let e = exp_accurate(min(abs(x), 88.0));
  return 0.5 * e + 0.5 / e;
}`,
  tanh_accurate: `fn tanh_accurate(x: f32) -> f32 {
  let a = abs(x);
  if (a >= 0.65) {
    let e = exp_accurate(-2.0 * min(a, 20.0));
    return sign(x) * (1.0 - 2.0 * e / (1.0 + e));
  }
  let z = x * x;
  var p = 0.00204340834;
  p = p * z - 0.00806361157;
  p = p * z + 0.0216519088;
  p = p * z - 0.0539370738;
  p = p * z + 0.13333118;
  p = p * z - 0.333333284;
  return x + x * z * p;
}`,
} as const;
