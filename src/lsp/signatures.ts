// How families and functions are called, with each argument apart: for signature help and for snippets.
import { BUILTINS } from "../typecheck/builtins.js";
import { densityFamily } from "../typecheck/density-function.js";
import type { Argument, Distribution } from "../typecheck/model.js";
import type { Library } from "../typecheck/scope.js";
import { showType } from "../typecheck/show.js";
import { kindOf } from "../typecheck/types.js";

/** A parameter: `real<lower=0> sigma`, its name alone, and what it takes. */
export type Parameter = {
  readonly label: string;
  readonly name: string;
  readonly shape: ReturnType<typeof kindOf>;
  readonly base: "int" | "real";
};

/** One way to call a name. `bar`: its first argument is followed by `|`. */
export type Signature = {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly bar: boolean;
  /** What its value is; null of a family, whose value stands left of the `~`. */
  readonly result: Pick<Parameter, "shape" | "base"> | null;
};

/** `normal(real mu, real<lower=0> sigma)` */
export const signatureText = ({ name, parameters, bar }: Signature): string => {
  const [first, ...rest] = parameters.map(({ label }) => label);
  if (bar && first !== undefined) return `${name}(${first} | ${rest.join(", ")})`;
  return `${name}(${parameters.map(({ label }) => label).join(", ")})`;
};

const ofArgument = ({ name, type }: Argument): Parameter => ({
  label: `${showType(type)} ${name}`,
  name,
  shape: kindOf(type.size),
  base: type.base,
});

/** A parameter of a built-in function: `x` takes numbers, and vectors element by element; `vector v`, `matrix A`. */
function ofBuiltin(text: string): Parameter {
  const [type, name = type ?? text] = text.split(" ");
  const shape = type === "vector" || type === "matrix" ? type : "number";
  return { label: text, name, shape, base: "real" };
}

/** How a family is called; none where there is no such family without a mistake. */
export function familySignature(library: Library, name: string): Signature | undefined {
  const family = library.distribution(name);
  if (!family) return undefined;
  return { name, parameters: family.parameters.map(ofArgument), bar: false, result: null };
}

/** The family whose density or distribution function a name is. */
function densityOf(library: Library, name: string): Distribution | undefined {
  const family = densityFamily(name);
  return (family === null ? null : library.distribution(family)) ?? undefined;
}

/** By the function of the library or, where there is none, the built-in ones. */
const known = new WeakMap<object, readonly Signature[]>();

/** All the ways to call a name as a function, those with fewer arguments first. */
export function functionSignatures(library: Library, name: string): readonly Signature[] {
  const key = library.function(name) ?? BUILTINS.get(name);
  const found = (key && known.get(key)) ?? findSignatures(library, name);
  if (key !== undefined) known.set(key, found);
  return found;
}

function findSignatures(library: Library, name: string): readonly Signature[] {
  const own = library.function(name);
  const ofLibrary: readonly Signature[] = own
    ? [
        {
          name,
          parameters: own.parameters.map(ofArgument),
          bar: false,
          result: { shape: kindOf(own.result.size), base: own.result.base },
        },
      ]
    : [];
  const builtin = (BUILTINS.get(name) ?? []).filter((b) => b.internal !== true && b.kind !== "random");
  const builtIn = builtin.map((b): Signature => {
    const isVector = b.kind === "arrangement" || (b.kind === "matrix" && b.operation === "diagonal");
    const shape = isVector ? "vector" : b.kind === "matrix" ? "matrix" : "number";
    const base = b.kind === "length" || (b.kind === "op" && b.result === "int") ? "int" : "real";
    return { name, parameters: b.parameters.map(ofBuiltin), bar: false, result: { shape, base } };
  });
  const all = [...builtIn, ...ofLibrary].sort((a, b) => a.parameters.length - b.parameters.length);
  const family = all.length === 0 ? densityOf(library, name) : undefined;
  if (family === undefined) return all;
  const value = ofArgument({ ...family.logDensity.variable, type: family.result });
  const parameters = [value, ...family.parameters.map(ofArgument)];
  return [{ name, parameters, bar: true, result: { shape: "number", base: "real" } }];
}

/** Words that are called like functions, and are none. */
export const CALLED_WORDS: ReadonlyMap<string, Signature> = new Map(
  [
    ["learn", ["initial", "over = (plates)"]],
    ["prev", ["x", "x0"]],
  ].map(([name, labels]): readonly [string, Signature] => {
    const parameters = (labels as readonly string[]).map((label): Parameter => ({
      label,
      name: label.split(" ")[0] ?? label,
      shape: "number",
      base: "real",
    }));
    return [name as string, { name: name as string, parameters, bar: false, result: null }];
  }),
);
