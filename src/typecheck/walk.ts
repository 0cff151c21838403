// Walking typed expressions.
import type { Generated, Latent, Local, Plate, TypedExpression, TypedModel } from "./model.js";

/** The expressions that one is written with: its arguments. */
export function operandsOf(e: TypedExpression): readonly TypedExpression[] {
  switch (e.kind) {
    case "literal":
    case "reference":
      return [];
    case "apply":
    case "matrix":
    case "call":
    case "random":
      return e.args;
    case "reduce":
      return [e.arg];
    case "element":
      return [e.vector, e.index];
    case "arrange":
      return [e.vector];
    case "vector":
      return e.elements;
    case "previous":
      return [e.initial];
  }
}

/** The expressions that one is directly made of: its arguments, and the value of a local that it refers to. */
export function partsOf(e: TypedExpression): readonly TypedExpression[] {
  const isOfLocal = (e.kind === "reference" || e.kind === "previous") && e.variable.kind === "local";
  return isOfLocal ? [...operandsOf(e), e.variable.value] : operandsOf(e);
}

/** An expression and all that it is made of, each once, through locals and the arguments of functions. */
export function everythingIn(e: TypedExpression): ReadonlySet<TypedExpression> {
  const seen = new Set([e]);
  for (const each of seen) for (const part of partsOf(each)) seen.add(part);
  return seen;
}

/** The latents that a value depends on one step before, or further back. */
export const lookedBackAt = (e: TypedExpression): readonly Latent[] =>
  [...everythingIn(e)].flatMap((part) => {
    if (part.kind !== "previous" || part.variable.kind === "data") return [];
    return part.variable.kind === "latent" ? [part.variable] : part.variable.value.latents;
  });

/**
 * The ordered plate along which a local is defined by its own value one step before; null if it is not. Locals that it
 * refers to were declared before it, and so do not refer to it.
 */
export function recursionOf(local: Local): Plate | null {
  const seen = new Set([local.value]);
  for (const part of seen) {
    if (part.kind === "previous" && part.variable === local) return part.along;
    const own = part.kind === "reference" ? [] : part.kind === "previous" ? [part.initial] : partsOf(part);
    for (const each of own) seen.add(each);
  }
  return null;
}

/** Whether any generated quantity depends on a prediction one step before: then they are drawn step by step. */
export const isSequential = (model: TypedModel): boolean =>
  model.generated.some((quantity) =>
    (quantity.kind === "value" ? [quantity.value] : quantity.args).some((e) =>
      lookedBackAt(e).some((latent) => !model.latents.includes(latent)),
    ),
  );

/**
 * True of quantities that have no weights, only draws: predictions, what is computed from them, and what joins a latent
 * with its own step before, of which particles have no weight as a pair.
 */
export const isDrawn = (model: Pick<TypedModel, "latents">, quantity: Generated): boolean =>
  quantity.kind === "prediction" ||
  quantity.value.latents.some((l) => !model.latents.includes(l)) ||
  lookedBackAt(quantity.value).length > 0;
