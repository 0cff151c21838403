// Families of vectors as wholes, for vectors of one size: every expression of the definition then knows its own.
import { substitute } from "./instantiate.js";
import { baseOf, shapeWith } from "./matrix.js";
import type { Argument, Distribution, NamedValues, Size, TypedExpression, ValueType } from "./model.js";
import type { Context } from "./scope.js";
import { isSized, isWhole, kindOf, withoutBounds } from "./types.js";

/** Where a specialised family comes from. */
const definitions = new WeakMap<Distribution, Distribution>();

/** The family for vectors of this size, its matrices having as many rows and columns; a family without vectors is itself. */
export function specialise(
  family: Distribution,
  of: Size,
  context: Pick<Context, "instances">,
): Distribution {
  if (!isWhole(family)) return family;
  const definition = definitions.get(family) ?? family;
  const size = baseOf(of);
  const made = withSize(definition, size, context);
  definitions.set(made, definition);
  return made;
}

/** The size of the vectors of a specialised family, or of its square matrices' sides; null of a definition, or where it has none. */
export function sizeOf(family: Distribution): Size | null {
  for (const { size } of [family.result, ...family.parameters.map((p) => p.type)])
    if (isSized(size)) return baseOf(size);
  return null;
}

/** Zeros of an argument's shape. */
export const zerosLike = ({ type, span }: Argument): TypedExpression => ({
  kind: "literal",
  value: 0,
  type: withoutBounds(type),
  span,
  plates: [],
  latents: [],
});

function withSize(family: Distribution, size: Size, context: Pick<Context, "instances">): Distribution {
  const sized = (argument: Argument): Argument => ({
    ...argument,
    type: { ...argument.type, size: shapeWith(kindOf(argument.type.size), size) },
  });
  const bindings = new Map<Argument, TypedExpression>();
  const renew = (argument: Argument): Argument => {
    const own = sized(argument);
    const type = withoutBounds(own.type);
    bindings.set(argument, {
      kind: "reference",
      variable: own,
      type,
      span: own.span,
      plates: [],
      latents: [],
    });
    return own;
  };
  const parameters = family.parameters.map(renew);
  const settings = { instances: context.instances, open: [], latents: [] };
  const at = (e: TypedExpression): TypedExpression => substitute(e, bindings, settings);
  const named = (values: NamedValues): NamedValues => new Map([...values].map(([name, e]) => [name, at(e)]));
  const bounded = (type: ValueType): ValueType => ({
    ...type,
    size: shapeWith(kindOf(type.size), size),
    lower: type.lower && at(type.lower),
    upper: type.upper && at(type.upper),
  });
  const variable = renew(family.logDensity.variable);
  const { draw, like } = family;
  if (like !== null) bindings.set(like, zerosLike(sized(like)));
  const statistics = family.statistics && {
    variable: renew(family.statistics.variable),
    values: family.statistics.values,
  };
  const fit = family.fit && { moments: family.fit.moments.map(renew), values: family.fit.values };
  const widen = family.widen && { factor: renew(family.widen.factor), values: family.widen.values };
  return {
    ...family,
    parameters,
    result: bounded(family.result),
    logDensity: { variable, value: at(family.logDensity.value) },
    draw: draw && at(draw),
    statistics: statistics && { ...statistics, values: statistics.values.map(at) },
    fit: fit && { ...fit, values: named(fit.values) },
    widen: widen && { ...widen, values: named(widen.values) },
  };
}
