// Seeded random numbers for the simulators: the same seed gives the same data on any machine.

/** A stream of uniform numbers in (0, 1): Mulberry32, with 32 bits of state. */
export function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (((x ^ (x >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

/** A normal number, by Box and Muller's method at two uniforms. */
export const normal = (uniform, mean, sd) =>
  mean + sd * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());

/** 1 with the given log odds, else 0. */
export const bernoulliLogit = (uniform, logOdds) => (uniform() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0);

/** The items in a random order (Fisher and Yates). */
export function shuffled(uniform, items) {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

/** `n` values of a function of the index 0, 1, ... */
export const times = (n, value) => Array.from({ length: n }, (_, i) => value(i));
