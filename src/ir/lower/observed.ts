// Which data may lack values: what is observed and used for nothing else.
import type { Data, TypedExpression, TypedModel } from "../../typecheck/model.js";
import { everythingIn } from "../../typecheck/walk.js";

/** The data that go into an expression, through locals and functions. */
export function dataIn(e: TypedExpression, found = new Set<Data>()): Set<Data> {
  for (const part of everythingIn(e)) {
    const isNamed = part.kind === "reference" || part.kind === "previous";
    if (isNamed && part.variable.kind === "data") found.add(part.variable);
  }
  return found;
}

/**
 * Data that stands on the left of '~', by itself or through a local, and nowhere else in the model: without one of its
 * values only that observation falls away.
 */
export function observedData(model: TypedModel): ReadonlySet<Data> {
  const observed = new Set<Data>();
  const used = new Set<Data>();
  const use = (...expressions: (TypedExpression | null)[]): void => {
    for (const e of expressions) if (e !== null) dataIn(e, used);
  };
  for (const factor of model.factors) {
    if (factor.kind === "observation") dataIn(factor.value, observed);
    else if (factor.kind === "target") use(factor.value);
    if (factor.kind !== "target") use(...factor.args);
    if (factor.kind !== "prior") use(factor.condition);
  }
  const variables = [...model.data, ...model.latents];
  for (const { type } of variables) {
    use(type.lower, type.upper);
    if (type.size !== null && typeof type.size !== "string") use(type.size.value);
  }
  for (const { args } of model.guides)
    for (const argument of args) {
      if (argument.kind === "learned") use(argument.initial);
      else use(argument.value);
      if (argument.kind === "computed") for (const { initial } of argument.learned) use(initial);
    }
  for (const group of model.groups) if (group.support !== null) use(group.support.lower, group.support.upper);
  for (const quantity of model.generated)
    use(...(quantity.kind === "value" ? [quantity.value] : quantity.args));
  return new Set([...observed].filter((data) => !used.has(data)));
}
