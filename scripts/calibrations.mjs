// How each example is calibrated, and what is to be said of what came out: read by calibrate.mjs.

/** Simulations and draws, and then options of the inference. */
const settings = (simulations, draws, ...options) => [
  "--simulations",
  String(simulations),
  "--draws",
  String(draws),
  ...options,
];
/** The first of every array in data, down to the depth of `lengths`. */
const firsts = (value, [length, ...deeper]) =>
  !Array.isArray(value) || length === undefined
    ? value
    : value.slice(0, length).map((each) => firsts(each, deeper));
const firstOf =
  (...lengths) =>
  (data) =>
    Object.fromEntries(Object.entries(data).map(([name, value]) => [name, firsts(value, lengths)]));

/**
 * `part`: where the covariates are not all of the example's, what is taken of them, in words and as a function. Examples with
 * many latents or slow iterations have fewer simulations.
 */
export const CALIBRATIONS = {
  eight_schools: { options: settings(100, 31, "-K", "20") },
  mixture: { options: settings(100, 31, "-K", "20") },
  basketball: { options: settings(100, 31, "-K", "20") },
  radon: { options: settings(100, 31, "-K", "20") },
  radon_counties: { options: settings(64, 15, "-K", "15", "-K", "globals=100") },
  varying_slopes: { options: settings(100, 15, "-K", "15", "-K", "middle=60", "-K", "spread=60") },
  chimpanzees: { options: settings(64, 15, "-K", "10", "-K", "globals=100") },
  nile: { options: settings(64, 15, "-K", "15") },
  movielens: { options: settings(64, 15, "-K", "10") },
  bus_breakdown: { options: settings(64, 15, "-K", "20", "-K", "globals=100") },
  occupancy: {
    options: settings(50, 15, "-K", "10", "-K", "bird=20"),
    part: {
      what: "40 of its 200 routes",
      of: ({ seen, ...others }) => ({
        ...firstOf(6, 12, 40)(others),
        seen: firsts(seen, [6, 12, 40, 5]),
      }),
    },
  },
  covid: {
    options: settings(64, 15, "-K", "10", "-K", "globals=100"),
    part: { what: "10 of its 92 regions, the first 8 days", of: firstOf(10, 8) },
  },
};
