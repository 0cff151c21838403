// Truncation, `y ~ family(args) T[lower, upper]`: a family with the distribution function of another.
import { Bug } from "../diagnostic.js";
import type { Statement } from "../parser/ast.js";
import type { Span } from "../source.js";
import { checkScalar } from "./definition-context.js";
import * as errors from "./errors.js";
import type { Family } from "./family.js";
import { substitute } from "./instantiate.js";
import type { Argument, Distribution, Local, OfVariable, TypedExpression, ValueType } from "./model.js";
import type { Context } from "./scope.js";
import { typeOf, withoutBounds } from "./types.js";

type TruncationSyntax = NonNullable<Extract<Statement, { kind: "sample" }>["truncation"]>;

const NOWHERE = { plates: [], latents: [] } as const;
const SETTINGS = { open: [], latents: [], instances: new Map() };

/** A draw from the uniform distribution on (0, 1): wherever it is used, the same one. */
export function uniform(span: Span): TypedExpression {
  const type = typeOf("real");
  const value: TypedExpression = {
    kind: "random",
    primitive: "std_uniform",
    args: [],
    type,
    span,
    ...NOWHERE,
  };
  const variable: Local = { kind: "local", name: "u", type, value, span };
  return { kind: "reference", variable, type, span, ...NOWHERE };
}

/** The quantile function at `u`. */
export const quantileAt = (quantile: OfVariable, u: TypedExpression): TypedExpression => at(quantile, u);

const at = ({ variable, value }: OfVariable, argument: TypedExpression): TypedExpression =>
  substitute(value, new Map([[variable, argument]]), SETTINGS);

/** The family of a `~` with its truncation; null after reports. */
export function truncate(family: Family, syntax: TruncationSyntax, context: Context): Family | null {
  const { distribution, args } = family;
  const { cumulative } = distribution;
  if (cumulative === null) return context.report(errors.truncation(syntax.span, distribution.name));
  const { base } = distribution.result;
  const bound = (e: typeof syntax.lower, what: string): TypedExpression | null | "wrong" =>
    e === null ? null : (checkScalar(e, what, base, context) ?? "wrong");
  const lower = bound(syntax.lower, "the lower bound of a truncation");
  const upper = bound(syntax.upper, "the upper bound of a truncation");
  if (lower === "wrong" || upper === "wrong") return null;
  const given = [lower, upper].filter((e) => e !== null);
  const { span } = syntax;
  const truncated = truncatedFamily(distribution, cumulative, lower !== null, upper !== null, span, context);
  return { ...family, distribution: truncated, args: [...args, ...given] };
}

/** Both bounds of a truncation are among the values that are left: for a discrete family that shifts the lower one. */
function truncatedFamily(
  family: Distribution,
  { logCdf, logCcdf, quantile }: NonNullable<Distribution["cumulative"]>,
  hasLower: boolean,
  hasUpper: boolean,
  span: Span,
  context: Context,
): Distribution {
  const { base } = family.result;
  const type = typeOf("real");
  const parameter = (name: string): Argument => ({ kind: "argument", name, type: typeOf(base), span });
  const reference = (variable: Argument): TypedExpression => ({
    kind: "reference",
    variable,
    type: withoutBounds(variable.type),
    span,
    ...NOWHERE,
  });
  const number = (value: number): TypedExpression => ({ kind: "literal", value, type, span, ...NOWHERE });
  const call = (name: string, ...args: TypedExpression[]): TypedExpression => {
    const callee = context.library.function(name);
    if (callee === undefined || callee === null) throw new Bug(`the library has no function '${name}'`);
    return { kind: "call", callee, args, type, span, ...NOWHERE };
  };
  const [lower, upper] = [parameter("truncation_lower"), parameter("truncation_upper")];
  const none = number(-1e30);
  const [below, above] = [reference(lower), reference(upper)];
  const excluded: TypedExpression =
    base === "int"
      ? {
          kind: "apply",
          op: "sub",
          args: [below, { ...number(1), type: below.type }],
          type: below.type,
          span,
          ...NOWHERE,
        }
      : below;
  const [cdfBelow, ccdfBelow] = hasLower ? [at(logCdf, excluded), at(logCcdf, excluded)] : [none, number(0)];
  const [cdfAbove, ccdfAbove] = hasUpper ? [at(logCdf, above), at(logCcdf, above)] : [number(0), none];
  const { variable, value: density } = family.logDensity;
  const inside = call(
    "truncated_log_density",
    reference(variable),
    hasLower ? below : number(-1e38),
    hasUpper ? above : number(1e38),
    density,
    call("log_probability_between", cdfBelow, ccdfBelow, cdfAbove, ccdfAbove),
  );
  const inverse = quantileAt(quantile, call("uniform_between", uniform(span), cdfBelow, cdfAbove));
  const tighter = (
    op: "max" | "min",
    own: TypedExpression | null,
    bound: TypedExpression | null,
  ): TypedExpression | null =>
    own === null || bound === null
      ? (own ?? bound)
      : { kind: "apply", op, args: [own, bound], type: typeOf(base), span, ...NOWHERE };
  const result: ValueType = {
    ...family.result,
    lower: tighter("max", family.result.lower, hasLower ? below : null),
    upper: tighter("min", family.result.upper, hasUpper ? above : null),
  };
  // Rounding may leave the inverse outside the bounds.
  const raised = tighter("max", inverse, hasLower ? below : null);
  const draw = tighter("min", raised, hasUpper ? above : null);
  return {
    ...family,
    parameters: [...family.parameters, ...(hasLower ? [lower] : []), ...(hasUpper ? [upper] : [])],
    result,
    logDensity: { variable, value: inside },
    draw,
    cumulative: null,
    statistics: null,
    fit: null,
    widen: null,
    guides: null,
    checks: [],
  };
}
