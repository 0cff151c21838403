// The estimator by brute force: every one of the K^n combinations of particles, weighed one by one in float64.
// Walks the typed model directly and imports nothing of the IR or of the code generators.
import type {
  Distribution,
  Factor,
  Group,
  Guide,
  Latent,
  Plate,
  Support,
  TypedModel,
  Variable,
} from "../../src/typecheck/model.js";
import { isWhole } from "../../src/typecheck/types.js";
import { evaluate, evaluateScalar, type Environment, type Value } from "./evaluate.js";

/** Where one is along each open plate. */
type Place = ReadonlyMap<Plate, number>;

export type Given = {
  readonly plates: ReadonlyMap<string, number>;
  /** Of ragged plates: how many elements each element of the parent has, row-major over the parent's places. */
  readonly rows?: ReadonlyMap<string, readonly number[]>;
  /** Value of a data item at a place. */
  readonly data: (name: string, place: readonly number[]) => Value;
  /** Particle k of a latent at a place (plates outermost first). */
  readonly particle: (latent: string, place: readonly number[], k: number) => Value;
  readonly particles: (group: string) => number;
  /** A guide's parameter at a place: a number, or one per element of a vector latent. */
  readonly guide: (latent: string, parameter: string, place: readonly number[]) => Value;
};

export type BruteForce = {
  readonly logEvidence: number;
  /** Weights by group: one list of K per place, places in row-major order. */
  readonly weights: ReadonlyMap<string, readonly (readonly number[])[]>;
  /** Who picks a particle: groups at places, in the order of the groups. */
  readonly pickers: readonly { readonly group: string; readonly place: readonly number[] }[];
  /** Every combination of picks with its posterior probability. */
  readonly joint: readonly { readonly picks: readonly number[]; readonly probability: number }[];
};

/** All places of a list of plates, row-major. */
function places(plates: readonly Plate[], given: Given): Place[] {
  let all: Place[] = [new Map()];
  for (const plate of plates) {
    const rows = given.rows?.get(plate.name);
    const outer = plate.parent === null ? [] : places(chain(plate.parent), given).map(describe);
    all = all.flatMap((place) => {
      const inside = plate.parent === null ? "" : describe(within(place, plate.parent));
      const size = rows === undefined ? given.plates.get(plate.name) : rows[outer.indexOf(inside)];
      return Array.from({ length: size ?? 0 }, (_, i) => new Map([...place, [plate, i]]));
    });
  }
  return all;
}

const chain = (plate: Plate): Plate[] => [...(plate.parent === null ? [] : chain(plate.parent)), plate];
const within = (place: Place, plate: Plate): Place =>
  new Map(chain(plate).map((p) => [p, place.get(p) ?? 0]));
const describe = (place: Place): string => [...place].map(([plate, i]) => `${plate.name}=${i}`).join();

const at = (place: Place, plates: readonly Plate[]): number[] => plates.map((p) => place.get(p) ?? 0);

/** The values of a discrete latent that is summed out; its bounds are made of numbers and scalar data. */
function valuesOf({ lower, upper }: Support, model: TypedModel, given: Given): number[] {
  const scalars = model.data.filter((d) => d.plates.length === 0);
  const values = new Map<Variable, Value>(scalars.map((d) => [d, given.data(d.name, [])]));
  const [first, last] = [evaluateScalar(lower, { values }), evaluateScalar(upper, { values })];
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** One group at one place: the unit that picks a particle of its own. */
type Picker = { readonly group: Group; readonly place: Place };

/** Sum over all picks, by an odometer over the pickers. */
export function bruteForce(model: TypedModel, given: Given): BruteForce {
  const pickers: Picker[] = model.groups.flatMap((group) =>
    places(group.plates, given).map((place) => ({ group, place })),
  );
  const sizes = pickers.map(({ group }) =>
    group.support === null ? given.particles(group.name) : valuesOf(group.support, model, given).length,
  );
  const combinations = sizes.reduce((a, b) => a * b, 1);
  const logs: number[] = [];
  const picks: number[][] = [];
  for (let index = 0; index < combinations; index++) {
    const pick: number[] = [];
    let rest = index;
    for (const size of sizes) {
      pick.push(rest % size);
      rest = Math.floor(rest / size);
    }
    logs.push(logRatio(model, given, pickers, pick));
    picks.push(pick);
  }
  const largest = Math.max(...logs);
  const total = logs.reduce((sum, x) => sum + Math.exp(x - largest), 0);
  const sampled = sizes.reduce((n, size, i) => (pickers[i]?.group.support === null ? n * size : n), 1);
  const logEvidence = largest + Math.log(total) - Math.log(sampled);
  const weights = new Map<string, number[][]>();
  for (const [i, { group }] of pickers.entries()) {
    const own = Array.from({ length: sizes[i] ?? 0 }, () => 0);
    for (const [j, pick] of picks.entries()) {
      const k = pick[i] ?? 0;
      own[k] = (own[k] ?? 0) + Math.exp((logs[j] ?? 0) - largest) / total;
    }
    weights.set(group.name, [...(weights.get(group.name) ?? []), own]);
  }
  return {
    logEvidence,
    weights,
    pickers: pickers.map(({ group, place }) => ({ group: group.name, place: at(place, group.plates) })),
    joint: picks.map((pick, j) => ({
      picks: pick,
      probability: Math.exp((logs[j] ?? 0) - largest) / total,
    })),
  };
}

/** log P(x, z^k) - log Q(z^k) for one combination k. */
function logRatio(
  model: TypedModel,
  given: Given,
  pickers: readonly Picker[],
  pick: readonly number[],
): number {
  const latentAt = (latent: Latent, place: Place): Value => {
    const group = model.groups.find((g) => g.latents.includes(latent));
    const own = at(place, latent.plates);
    const plates = group?.plates ?? [];
    const i = pickers.findIndex(
      (p) => p.group === group && at(p.place, plates).join() === at(place, plates).join(),
    );
    const k = pick[i] ?? 0;
    const support = group?.support ?? null;
    return support === null
      ? given.particle(latent.name, own, k)
      : (valuesOf(support, model, given)[k] ?? NaN);
  };
  const environment = (place: Place): Environment => {
    const values = new Map<Variable, Value>();
    for (const data of model.data)
      if (data.plates.every((p) => place.has(p)))
        values.set(data, given.data(data.name, at(place, data.plates)));
    for (const latent of model.latents)
      if (latent.plates.every((p) => place.has(p))) values.set(latent, latentAt(latent, place));
    const before = (variable: Variable, along: Plate): Value | null => {
      const step = (place.get(along) ?? 0) - 1;
      if (step < 0) return null;
      const there = new Map([...place, [along, step]]);
      if (variable.kind === "latent") return latentAt(variable, there);
      if (variable.kind === "local") return evaluate(variable.value, environment(there));
      return variable.kind === "data" ? given.data(variable.name, at(there, variable.plates)) : null;
    };
    return { values, before };
  };
  let total = 0;
  for (const factor of model.factors)
    for (const place of places(factor.plates, given)) total += logFactor(factor, environment(place));
  for (const { group, place } of pickers) total -= logGuide(model, given, group, place, environment);
  return total;
}

/**
 * log Q of a group's particle: the mean over all combinations of particles of the groups that its guides depend on. A
 * latent of those groups takes each of its particles in turn, whatever `environment` says.
 */
function logGuide(
  model: TypedModel,
  given: Given,
  group: Group,
  place: Place,
  environment: (place: Place) => Environment,
): number {
  const guides = model.guides.filter((guide) => group.latents.includes(guide.latent));
  const parents = model.groups.filter(
    (other) =>
      other !== group && other.latents.some((l) => guides.some((guide) => guide.parents.includes(l))),
  );
  let combinations: (readonly (readonly [Variable, Value])[])[] = [[]];
  for (const parent of parents)
    combinations = combinations.flatMap((values) =>
      Array.from({ length: given.particles(parent.name) }, (_, k) => {
        const own = at(place, parent.plates);
        return [...values, ...parent.latents.map((l) => [l, given.particle(l.name, own, k)] as const)];
      }),
    );
  // A group may hold latents of further plates.
  const inside = ({ latent }: Guide): Place[] =>
    places(latent.plates, given).filter((p) =>
      group.plates.every((plate) => p.get(plate) === place.get(plate)),
    );
  const logs = combinations.map((values) =>
    guides
      .flatMap((guide) =>
        inside(guide).map((p) => {
          const all = new Map([...environment(p).values, ...values]);
          return logGuideGiven(guide, given, p, all);
        }),
      )
      .reduce((sum, x) => sum + x, 0),
  );
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, x) => sum + Math.exp(x - largest), 0) / logs.length);
}

function logGuideGiven(
  guide: Guide,
  given: Given,
  place: Place,
  values: ReadonlyMap<Variable, Value>,
): number {
  const { latent } = guide;
  const own = at(place, latent.plates);
  const parameter = (name: string): Value => given.guide(latent.name, name, own);
  const args = guide.args.map((argument) => {
    if (argument.kind !== "computed") return parameter(argument.parameter.name);
    const learned = argument.learned.map((l) => [l, parameter(l.name)] as const);
    return evaluate(argument.value, { values: new Map([...values, ...learned]) });
  });
  return logDensity(guide.distribution, args, values.get(latent) ?? NaN);
}

function logFactor(factor: Factor, environment: Environment): number {
  if (factor.kind !== "prior" && factor.condition !== null)
    if (evaluateScalar(factor.condition, environment) === 0) return 0;
  if (factor.kind === "target") return evaluateScalar(factor.value, environment);
  const y =
    factor.kind === "prior" ? environment.values.get(factor.latent) : evaluate(factor.value, environment);
  const args = factor.args.map((a) => evaluate(a, environment));
  return logDensity(factor.distribution, args, y ?? NaN);
}

/** The density; of a family of numbers elementwise over vectors and summed. */
function logDensity(distribution: Distribution, args: readonly Value[], y: Value): number {
  if (isWhole(distribution)) {
    const values = new Map<Variable, Value>([[distribution.logDensity.variable, y]]);
    for (const [j, parameter] of distribution.parameters.entries()) values.set(parameter, args[j] ?? NaN);
    return evaluateScalar(distribution.logDensity.value, { values });
  }
  const length = Math.max(1, ...[y, ...args].map((v) => (typeof v === "number" ? 1 : v.length)));
  const element = (v: Value, i: number): number => (typeof v === "number" ? v : (v[i] ?? NaN));
  let total = 0;
  for (let i = 0; i < (typeof y === "number" ? 1 : length); i++) {
    const values = new Map<Variable, Value>([[distribution.logDensity.variable, element(y, i)]]);
    for (const [j, parameter] of distribution.parameters.entries())
      values.set(parameter, element(args[j] ?? NaN, i));
    total += evaluateScalar(distribution.logDensity.value, { values });
  }
  return total;
}
