// What the compiler does for speed alone: named steps, each of which can be switched off and leaves results as they are.

/** Every optimisation, with what it does; in the order in which compilation comes to them. */
export const OPTIMISATIONS = {
  simplify: "signs and constants of sums, products, squares and logarithms are brought together",
  reciprocals: "divisions become products with reciprocals, which loops compute once",
  "take-out":
    "what is constant along an axis is taken out of reductions over it, and products out of squares",
  data: "what data alone decides is computed once, in float64, when data is bound",
  sums: "with data: sums over rows are taken apart into sums of data and few squares, so that no row is left",
  blocks: "long sums over plates are done in blocks side by side",
  share: "what is dear and used again and again is stored, where that is estimated to take less time",
  inline: "tables that are estimated to take less time computed where they are used are not stored",
  loops: "reductions over the same axis share a loop",
  hoist: "what does not change within a loop is computed before it",
  merge: "tables over the same axes share a kernel",
  launches: "kernels of little work that do not need each other share a launch",
  tiles: "an invocation computes four points along each of up to three axes, which share what they load",
  vectors: "innermost loops go four turns at a time, which load neighbours in memory together",
} as const;

export type Optimisation = keyof typeof OPTIMISATIONS;
/** Those that are switched on. */
export type Optimisations = ReadonlySet<Optimisation>;

/** Names of all optimisations, in the order of compilation. */
export const OPTIMISATION_NAMES = Object.keys(OPTIMISATIONS) as readonly Optimisation[];
export const ALL_OPTIMISATIONS: Optimisations = new Set(OPTIMISATION_NAMES);
export const NO_OPTIMISATIONS: Optimisations = new Set();

/** All but some. */
export const without = (optimisations: Optimisations, ...names: readonly Optimisation[]): Optimisations =>
  new Set([...optimisations].filter((name) => !names.includes(name)));

/** What is no optimisation in a text that should name some. */
export type UnknownOptimisation = { readonly unknown: string };

/**
 * The optimisations that a text such as `none`, `share,tiles`, `all,-tiles` or `-tiles` names: names between commas, from
 * left to right; all are on to begin with if the first is one to switch off.
 */
export function readOptimisations(text: string): Optimisations | UnknownOptimisation {
  const words = text.split(",").map((word) => word.trim());
  const chosen = new Set<Optimisation>(words[0]?.startsWith("-") === true ? OPTIMISATION_NAMES : []);
  for (const word of words) {
    const name = OPTIMISATION_NAMES.find((each) => each === word.replace(/^-/, ""));
    if (word === "all") for (const each of OPTIMISATION_NAMES) chosen.add(each);
    else if (word === "none") chosen.clear();
    else if (name === undefined) return { unknown: word };
    else if (word.startsWith("-")) chosen.delete(name);
    else chosen.add(name);
  }
  return chosen;
}

/** The shortest text that names exactly these. */
export function writeOptimisations(optimisations: Optimisations): string {
  const [on, off] = [true, false].map((isOn) =>
    OPTIMISATION_NAMES.filter((name) => optimisations.has(name) === isOn),
  ) as [Optimisation[], Optimisation[]];
  if (off.length === 0) return "all";
  if (on.length === 0) return "none";
  return off.length < on.length ? off.map((name) => `-${name}`).join() : on.join();
}
