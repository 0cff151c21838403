// Which discrete latents are summed out exactly: those with few values, the same for every element of their plates.
import type { Diagnostic } from "../diagnostic.js";
import { constantValue } from "./constants.js";
import * as errors from "./errors.js";
import { expand } from "./instantiate.js";
import type { Latent, Support, TypedExpression } from "./model.js";
import type { Context } from "./scope.js";
import { describeValues } from "./show.js";

/** A latent with more values than this is sampled. */
export const MOST_VALUES = 64;

/**
 * The values of a discrete latent that the guide does not name, or why they cannot be summed over. Where their number
 * follows from data, it is counted when data is bound.
 */
export function enumeratedSupport(latent: Latent, context: Context): Support | Diagnostic {
  const { lower, upper } = latent.type;
  const refuse = (reason: string): Diagnostic =>
    errors.notSummedOut({ text: latent.name, span: latent.span }, reason);
  if (lower === null || upper === null)
    return refuse(`its values are ${describeValues(latent.type)}, infinitely many`);
  for (const bound of [lower, upper]) {
    const [on] = bound.latents;
    if (on !== undefined) return refuse(`which values it has depends on '${on.name}'`);
    const [plate] = bound.plates;
    if (plate !== undefined)
      return refuse(`which values it has differs between the elements of plate '${plate.name}'`);
  }
  const [first, last] = [constantValue(lower), constantValue(upper)];
  if (first !== null && last !== null) {
    const count = last - first + 1;
    return count > MOST_VALUES
      ? refuse(`it has ${count} values, more than ${MOST_VALUES}`)
      : { lower: literalOr(lower, first), upper: literalOr(upper, last) };
  }
  return { lower: arithmetic(lower, first, context), upper: arithmetic(upper, last, context) };
}

const literalOr = (bound: TypedExpression, value: number): TypedExpression => ({
  kind: "literal",
  value,
  type: bound.type,
  span: bound.span,
  plates: [],
  latents: [],
});

/** A bound as arithmetic of numbers and data alone. */
const arithmetic = (bound: TypedExpression, value: number | null, context: Context): TypedExpression =>
  value === null ? expand(bound, context) : literalOr(bound, value);
