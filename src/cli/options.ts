// Parsers of options' values; what does not fit is wrong usage, said by the command line's library.
import type { Estimation } from "../compiled.js";
import { didYouMean } from "../diagnostic.js";
import { OPTIMISATION_NAMES, readOptimisations, type Optimisation } from "../optimisations.js";
import { InvalidArgumentError, Option, type Command } from "commander";

/** Parser of a whole number between `least` and `most`. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgumentError("It should be a whole number.");
    if (value < least) throw new InvalidArgumentError(`It should be ${least} or more.`);
    if (value > most) throw new InvalidArgumentError(`It should be ${most.toLocaleString("en-US")} or less.`);
    return value;
  };
}

/** Parser of a number in (0, 1]. */
export function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && value <= 1))
    throw new InvalidArgumentError("It should be more than 0 and at most 1.");
  return value;
}

/** Parser of a number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && value < Infinity))
    throw new InvalidArgumentError("It should be more than 0.");
  return value;
}

/** Parser of whole numbers from 1 on, between commas. */
export const wholeNumbers = (text: string): readonly number[] => text.split(",").map(wholeNumber(1, 1e9));

/** Parser of two numbers from 0 to less than 1, between commas. */
export function decays(text: string): readonly [number, number] {
  const [mean = NaN, square = NaN, ...more] = text.split(",").map(Number);
  if (more.length > 0 || ![mean, square].every((beta) => beta >= 0 && beta < 1))
    throw new InvalidArgumentError("It should be two numbers from 0 to less than 1, as in 0.9,0.999.");
  return [mean, square];
}

/** `-K 30` and `-K globals=300`, as often as wanted: particles of every group, and of single ones. */
export type Particles = { readonly all: number | null; readonly groups: ReadonlyMap<string, number> };

export function particles(text: string, before: Particles | undefined): Particles {
  const { all, groups } = before ?? { all: null, groups: new Map<string, number>() };
  const number = wholeNumber(1, 1_000_000);
  const equals = text.indexOf("=");
  if (equals < 0) return { all: number(text), groups };
  return { all, groups: new Map([...groups, [text.slice(0, equals), number(text.slice(equals + 1))]]) };
}

/** Parser of names between commas. */
export const names = (text: string): readonly string[] => {
  const found = text.split(",").map((name) => name.trim());
  if (found.some((name) => name === "")) throw new InvalidArgumentError("It should be names between commas.");
  return found;
};

/** Two names or more, as often as wanted. */
export function nameLists(
  text: string,
  before: readonly (readonly string[])[] | undefined,
): readonly (readonly string[])[] {
  const found = names(text);
  if (found.length < 2) throw new InvalidArgumentError("It should be two names or more, as in mu,theta.");
  return [...(before ?? []), found];
}

export const covarianceOption = (more: string): Option =>
  new Option(
    "--covariance <names>",
    `covariances between these latents and groups of latents, as in mu,theta${more}`,
  ).argParser(names);

/** Collects the values of an option that may be given several times, each time with several values. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

export const DEVICE_CHOICES = ["auto", "gpu", "reference"] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

export const deviceOption = (): Option =>
  new Option("--device <device>", "where to compute").choices(DEVICE_CHOICES).default("auto");

export const particlesOption = (): Option =>
  new Option("-K <particles>", "particles of every group, or of one: -K 30, -K globals=300").argParser(
    particles,
  );

/** Rows for every choice: the compiler's own lists are not loaded for `--help`. */
const ESTIMATORS = Object.keys({
  "massively-parallel": 1,
  global: 1,
} satisfies Record<Estimation["estimator"], 1>);
const COUPLINGS = Object.keys({
  permutation: 1,
  categorical: 1,
} satisfies Record<Estimation["coupling"], 1>);

/** Undefined, not a default, where they are not given: a compiled model has its own. */
export type EstimationOptions = Partial<Estimation> & { readonly optimize?: readonly Optimisation[] };

export const estimatorOption = (): Option =>
  new Option(
    "--estimator <estimator>",
    "all combinations of particles, or particle k of each latent with k of the others (default: massively-parallel)",
  ).choices(ESTIMATORS);

export const couplingOption = (): Option =>
  new Option(
    "--coupling <coupling>",
    "how a guide that depends on latents picks their particles (default: permutation)",
  ).choices(COUPLINGS);

/** Parser of `none`, `tiles,share`, `all,-tiles` and the like. */
function optimisations(text: string): readonly Optimisation[] {
  const chosen = readOptimisations(text);
  if (!("unknown" in chosen)) return OPTIMISATION_NAMES.filter((name) => chosen.has(name));
  const words = ["all", "none", ...OPTIMISATION_NAMES];
  const near = didYouMean(chosen.unknown.replace(/^-/, ""), words);
  throw new InvalidArgumentError(
    near === undefined
      ? `There are ${words.join(", ")}.`
      : `There is no '${chosen.unknown}'. Did you mean ${near}?`,
  );
}

export const optimizeOption = (): Option =>
  new Option(
    "--optimize <names>",
    "what is done for speed: all, none, names between commas, or what to leave out, as in -tiles,-share (default: all)",
  ).argParser(optimisations);

export const dataOption = (): Option =>
  new Option("--data <file...>", "data: JSON files (CmdStan's format) or CSV tables").argParser(collect);

/** `--size schools=8`, as often as wanted. */
function sizes(text: string, before: ReadonlyMap<string, number> | undefined): ReadonlyMap<string, number> {
  const [, name, length] = /^(\w+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || length === undefined)
    throw new InvalidArgumentError("It should be a name and a number, as in schools=8.");
  return new Map([...(before ?? []), [name, wholeNumber(1, 2 ** 24)(length)]]);
}

export const sizeOption = (): Option =>
  new Option("--size <plate=n...>", "lengths of plates that no covariate tells, and sizes").argParser(sizes);

export const testOption = (): Option =>
  new Option("--test <file...>", "held-out data, whose predictive log-likelihood is to be given").argParser(
    collect,
  );

export const newElementsOption = (): Option =>
  new Option(
    "--new-elements <plate...>",
    "plates whose elements in the held-out data are others than those of the run",
  ).argParser(collect);

/**
 * The model and the data files of a command. `--data` takes every file that follows it, and so the model too where that
 * was named last (`mppc run --data d.json m.mpp`): a model among the data is the model.
 */
export function modelAndData(
  command: Command,
  model: string | undefined,
  data: readonly string[] | undefined,
): { readonly model: string; readonly data: readonly string[] | undefined } {
  if (model !== undefined) return { model, data };
  const among = data?.find((file) => /\.mppc?$/.test(file));
  if (among === undefined) command.error("error: missing required argument 'model'");
  return { model: among, data: data?.filter((file) => file !== among) };
}
