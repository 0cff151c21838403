// Seeded random numbers for simulated data: the same seed gives the same data on any machine.

/** Streams of uniform numbers in (0, 1) and of standard normal ones that share their state: 32-bit xorshift of Marsaglia. */
export function randomNumbers(seed) {
  let state = seed;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}
