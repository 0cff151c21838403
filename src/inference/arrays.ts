// Arrays of numbers put together.

/** Arrays one after the other. */
export function concat(parts: readonly (Float32Array | Float64Array)[]): Float64Array {
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}
