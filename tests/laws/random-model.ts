// Random small models with particles, data and guide parameters: nested and crossed plates, groups, vectors, families.
import fc from "fast-check";

/** A latent's family: how its prior and guide are written and where its particles lie. */
type Family = "normal" | "log_normal" | "gamma" | "exponential" | "beta" | "bernoulli" | "binomial";
type PlateShape = "none" | "one" | "nested" | "crossed";
type LatentSpec = {
  readonly depth: number;
  readonly family: Family;
  readonly vector: boolean;
  readonly usesEarlier: boolean;
  readonly grouped: boolean;
  /** Whether it depends on its own value one step before, where its plate is ordered. */
  readonly looksBack: boolean;
  /** Its guide depends on the latent before it in the guide, with learned coefficients. */
  readonly follows: boolean;
};
export type Spec = {
  readonly shape: PlateShape;
  /** Which plates are ordered, by depth. */
  readonly ordered: readonly boolean[];
  readonly latents: readonly LatentSpec[];
  readonly observation: "normal" | "bernoulli_logit" | "poisson_log" | "student_t";
  readonly particles: number;
  readonly seed: number;
};

export const PLATES: Readonly<Record<PlateShape, readonly string[]>> = {
  none: [],
  one: ["a"],
  nested: ["a", "b"],
  crossed: ["a", "b"],
};
export const PLATE_SIZES: ReadonlyMap<string, number> = new Map([
  ["a", 2],
  ["b", 2],
]);
export const VECTOR_SIZE = 2;

/** Specs whose brute force stays under a few thousand combinations. */
export const specs: fc.Arbitrary<Spec> = fc
  .record({
    shape: fc.constantFrom<PlateShape>("none", "one", "nested", "crossed"),
    ordered: fc.tuple(fc.boolean(), fc.boolean()),
    latents: fc.array(
      fc.record({
        depth: fc.integer({ min: 0, max: 2 }),
        family: fc.constantFrom<Family>(
          "normal",
          "log_normal",
          "gamma",
          "exponential",
          "beta",
          "bernoulli",
          "binomial",
        ),
        vector: fc.boolean(),
        usesEarlier: fc.boolean(),
        grouped: fc.boolean(),
        looksBack: fc.boolean(),
        follows: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    observation: fc.constantFrom("normal", "bernoulli_logit", "poisson_log", "student_t"),
    particles: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
  })
  .map((spec) => ({ ...spec, latents: clampDepths(spec.shape, spec.latents) }))
  .filter((spec) => combinations(spec) <= 5000);

/** Latents sorted by depth; in crossed plates none lives in the inner one alone. */
function clampDepths(shape: PlateShape, latents: readonly LatentSpec[]): readonly LatentSpec[] {
  const most = shape === "crossed" ? 1 : PLATES[shape].length;
  return latents
    .map((l) => ({
      ...l,
      depth: Math.min(l.depth, most),
      vector: l.vector && VALUES[l.family] === undefined,
    }))
    .sort((x, y) => x.depth - y.depth);
}

/** How many values each discrete family has: 0, 1, ... */
export const VALUES: Readonly<Partial<Record<Family, number>>> = { bernoulli: 2, binomial: 3 };

/** Discrete latents that the guide does not name are summed out. */
export const valuesSummed = (l: LatentSpec): number | null =>
  l.grouped || l.follows ? null : (VALUES[l.family] ?? null);

/** Combinations of particles and values at one element of the plates at this depth. */
const combinationsAt = (spec: Spec, depth: number): number => {
  const here = spec.latents.filter((l) => l.depth === depth);
  const alone = here.filter((l) => !l.grouped).map((l) => valuesSummed(l) ?? spec.particles);
  const group = here.length === alone.length ? 1 : spec.particles;
  return alone.reduce((n, count) => n * count, group);
};
const combinations = (spec: Spec): number =>
  [0, 1, 2].reduce((n, depth) => n * combinationsAt(spec, depth) ** (2 ** depth), 1);

/** Small multiplicative generator: the values of a model follow from its seed alone. */
export function generator(seed: number): () => number {
  let state = seed % 2147483647 || 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

export const nameOf = (i: number): string => `z${i + 1}`;

/** The model's source. Every latent has a learned guide of its own family. */
export function sourceOf(spec: Spec): string {
  const plates = PLATES[spec.shape];
  const declared = plates.map((p, i) => {
    const inside = spec.shape === "nested" && i === 1 ? " in a" : "";
    return `plate ${p}${inside}${spec.ordered[i] === true ? " ordered" : ""};`;
  });
  // Crossed plates are declared, and their data laid out, in another order than they are opened.
  if (spec.shape === "crossed") declared.reverse();
  const dims =
    spec.shape === "nested" ? "[b]" : plates.length === 0 ? "" : `[${plates.toReversed().join(", ")}]`;
  const type = spec.observation === "bernoulli_logit" || spec.observation === "poisson_log" ? "int" : "real";
  const lines: string[] = [];
  const open: string[] = [];
  for (let depth = 0; depth <= plates.length; depth++) {
    const plate = plates[depth - 1];
    if (plate !== undefined) {
      lines.push(`plate ${plate} {`);
      open.push("}");
    }
    spec.latents.forEach((latent, i) => {
      if (latent.depth === depth) lines.push(priorOf(spec, latent, i), ...smoothed(latent, i));
    });
  }
  lines.push(observationOf(spec), ...open);
  return `data {\n  ${[...declared, `${type} y${dims};`, `real x${dims};`].join("\n  ")}\n}
model {\n  ${lines.join("\n  ")}\n}\n${guideOf(spec)}`;
}

/** A factor that ties neighbouring elements of a vector, in a loop. */
const smoothed = (latent: LatentSpec, i: number): string[] =>
  latent.vector
    ? [`for (i in 1:${VECTOR_SIZE}) if (i > 1) target += -square(${nameOf(i)}[i] - ${nameOf(i)}[i - 1]);`]
    : [];

/** A real number from a latent, whatever its shape. */
export const scalar = (spec: Spec, i: number): string =>
  spec.latents[i]?.vector === true ? `sum(${nameOf(i)})` : nameOf(i);

function priorOf(spec: Spec, latent: LatentSpec, i: number): string {
  const declared = latent.vector ? `vector[${VECTOR_SIZE}] ` : "";
  const earlier = `${latent.usesEarlier && i > 0 ? `0.3 * ${scalar(spec, i - 1)}` : "0.2"}${pastOf(spec, latent, i)}`;
  const args: Readonly<Record<Family, string>> = {
    normal: `${earlier}, exp(0.1 * ${earlier})`,
    log_normal: `${earlier}, 0.7`,
    gamma: `2, exp(${earlier})`,
    exponential: `exp(${earlier})`,
    beta: `exp(${earlier}), 2`,
    bernoulli: `inv_logit(${earlier})`,
    binomial: `2, inv_logit(${earlier})`,
  };
  return `${declared}${nameOf(i)} ~ ${latent.family}(${args[latent.family]});`;
}

/** As `scalar`; where there is a latent of 0 and 1, it picks the element of a vector or one of two numbers. */
function picked(spec: Spec, i: number): string {
  const picker = spec.latents.findIndex((l) => l.family === "bernoulli");
  if (picker < 0 || picker === i) return scalar(spec, i);
  const name = spec.latents[i]?.vector === true ? nameOf(i) : `[0.3, ${nameOf(i)}]`;
  return `${name}[${nameOf(picker)} + 1]`;
}

/** What a latent of an ordered plate takes from its own past: before the first step an outer latent stands for it. */
function pastOf(spec: Spec, latent: LatentSpec, i: number): string {
  if (!latent.looksBack || latent.depth === 0 || spec.ordered[latent.depth - 1] !== true) return "";
  const outer = spec.latents.findIndex((l) => l.depth < latent.depth);
  const real = outer < 0 ? "0.1" : scalar(spec, outer);
  const past = `prev(${nameOf(i)}, ${VALUES[latent.family] === undefined ? real : "1"})`;
  return ` + 0.4 * ${latent.vector ? `sum(${past})` : past}`;
}

function observationOf(spec: Spec): string {
  const terms = spec.latents.map((_, i) => `${i % 2 === 0 ? "x * " : ""}${picked(spec, i)}`);
  const eta = terms.join(" + ");
  switch (spec.observation) {
    case "normal": {
      const picker = spec.latents.findIndex((l) => l.family === "bernoulli");
      return picker < 0
        ? `y ~ normal(${eta}, 0.8);`
        : `if (${nameOf(picker)} == 1 && x > 0) y ~ normal(${eta}, 0.8); else y ~ normal(0.4 * (${eta}), 1.3);`;
    }
    case "student_t":
      return `y ~ student_t(4, ${eta}, 0.8);`;
    case "bernoulli_logit":
      return `y ~ bernoulli_logit(${eta});`;
    case "poisson_log":
      return `y ~ poisson_log(0.3 * (${eta}));`;
  }
}

/** A family that follows `on`. */
const FOLLOWING: Readonly<Record<Family, (on: string) => string>> = {
  normal: (on) => `normal(learn(0.5) * ${on} + learn(0.1), learn(1))`,
  log_normal: (on) => `log_normal(learn(0.2) * ${on}, exp(learn(0.1) * ${on}))`,
  gamma: (on) => `gamma(learn(2), exp(learn(0.3) * ${on}))`,
  exponential: (on) => `exponential(exp(learn(0.3) * ${on}))`,
  beta: (on) => `beta(learn(2), exp(learn(0.2) * ${on}))`,
  bernoulli: (on) => `bernoulli_logit(learn(0.7) * ${on})`,
  binomial: (on) => `binomial(2, inv_logit(learn(0.4) * ${on}))`,
};

function guideOf(spec: Spec): string {
  const plates = PLATES[spec.shape];
  let before: number | null = null;
  const entry = (i: number): string[] => {
    const latent = spec.latents[i];
    if (latent === undefined || valuesSummed(latent) !== null) return [];
    const on = before === null ? "0.3" : scalar(spec, before);
    before = i;
    return [latent.follows ? `${nameOf(i)} ~ ${FOLLOWING[latent.family](on)};` : `${nameOf(i)};`];
  };
  const at = (depth: number): string => {
    const here = spec.latents.flatMap((l, i) => (l.depth === depth ? [i] : []));
    const own = here.filter((i) => spec.latents[i]?.grouped).flatMap(entry);
    const alone = here.filter((i) => spec.latents[i]?.grouped !== true).flatMap(entry);
    const group = own.length === 0 ? "" : `group g${depth} { ${own.join(" ")} }`;
    const plate = plates[depth];
    const inner = plate === undefined ? "" : `plate ${plate} { ${at(depth + 1)} }`;
    return [group, ...alone, inner].filter((text) => text !== "").join(" ");
  };
  return `guide { ${at(0)} }\n`;
}
