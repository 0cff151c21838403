// WGSL sources of the error function and the normal's distribution and quantile functions in float32.

/** By name. */
export const NORMAL = {
  scaled_erfc: `// exp(a^2) erfc(a) for a >= 1/2
fn scaled_erfc(a: f32) -> f32 {
  let t = 2.0 / (2.0 + a);
  let u = t - 0.42;
  var p = -0.0276060347;
  p = p * u - 0.0489656143;
  p = p * u + 0.0942851231;
  p = p * u + 0.0547459051;
  p = p * u - 0.141253799;
  p = p * u - 0.122331552;
  p = p * u + 0.193273351;
  p = p * u + 0.517939031;
  p = p * u + 0.600857794;
  p = p * u + 0.459314436;
  return t * p;
}`,
  exp_of_minus_square: `// exp(-scale a^2) for a scale that is a power of two: a's leading bits square exactly
fn exp_of_minus_square(a: f32, scale: f32) -> f32 {
  let leading = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  return exp_accurate(-scale * leading * leading) * exp_accurate(-scale * (a - leading) * (a + leading));
}`,
  erf_near_zero: `fn erf_near_zero(x: f32) -> f32 {
  let z = x * x;
  var p = 7.87587487e-05;
  p = p * z - 0.00080168643;
  p = p * z + 0.00518908724;
  p = p * z - 0.0268542115;
  p = p * z + 0.112835944;
  p = p * z - 0.37612626;
  p = p * z + 0.12837911;
  return x + x * p;
}`,
  erf: `fn erf(x: f32) -> f32 {
  let a = abs(x);
  if (a < 1.0) { return erf_near_zero(x); }
  if (a > 4.0) { return sign(x); }
  return sign(x) * (1.0 - exp_of_minus_square(a, 1.0) * scaled_erfc(a));
}`,
  erfc: `fn erfc(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.5) { return 1.0 - erf_near_zero(x); }
  let tail = exp_of_minus_square(a, 1.0) * scaled_erfc(a);
  return select(tail, 2.0 - tail, x < 0.0);
}`,
  Phi: `fn Phi(x: f32) -> f32 {
  let a = abs(x);
  if (a < 1.0) { return 0.5 + 0.5 * erf_near_zero(0.707106781 * x); }
  let tail = 0.5 * exp_of_minus_square(a, 0.5) * scaled_erfc(0.707106781 * a);
  return select(1.0 - tail, tail, x < 0.0);
}`,
  inv_Phi: `// Wichura 1988, AS 241, PPND7
fn inv_Phi(u: f32) -> f32 {
  let q = u - 0.5;
  if (abs(q) <= 0.425) {
    let r = 0.180625 - q * q;
    return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179)
      / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0);
  }
  let tail = select(1.0 - u, u, q < 0.0);
  let r = sqrt(-ln(clamp(tail, SMALLEST_NORMAL, 0.5)));
  if (r <= 5.0) {
    let s = r - 1.6;
    return sign(q) * (((0.17023821103 * s + 1.3067284816) * s + 2.7568153900) * s + 1.4234372777)
      / ((0.12021132975 * s + 0.73700164250) * s + 1.0);
  }
  let s = r - 5.0;
  return sign(q) * (((0.017337203997 * s + 0.42868294337) * s + 3.0812263860) * s + 6.6579051150)
    / ((0.012258202635 * s + 0.24197894225) * s + 1.0);
}`,
} as const;
