// The inside of a definition: its parameters, the variables that its items bind, and its expressions.
import type { Diagnostic } from "../diagnostic.js";
import type { Expression, TypeSyntax } from "../parser/ast.js";
import type { Name, Span } from "../source.js";
import { checkType, declareVariable } from "./declare.js";
import * as errors from "./errors.js";
import { checkExpression } from "./expression.js";
import type { Argument, TypedExpression, ValueType } from "./model.js";
import type { Recorder } from "./record.js";
import { Scope, type Context, type Library } from "./scope.js";
import { describeType } from "./show.js";
import { kindOf } from "./types.js";

export type Report = (diagnostic: Diagnostic) => null;

/** The context of a definition: no plates, no latents, no data. */
export function definitionContext(library: Library, report: Report, record: Recorder | null): Context {
  return {
    report,
    library,
    scope: new Scope(),
    open: [],
    condition: null,
    latents: [],
    later: new Map(),
    closed: new Map(),
    isDropped: () => false,
    place: "definition",
    used: new Set(),
    learn: null,
    instances: new Map(),
    indices: [],
    declaring: null,
    past: "functions",
    record,
  };
}

/** Declares a parameter in `context.scope`; null if it has a mistake. */
export function declareArgument(name: Name, syntax: TypeSyntax, context: Context): Argument | null {
  const type = checkType(syntax, "definition", context);
  const argument: Argument | null =
    type === null ? null : { kind: "argument", name: name.text, type, span: name.span };
  return declareVariable(name, argument, [], context.scope, context) ? argument : null;
}

/** The context inside an item, which stands at `span` and binds these variables. */
export function itemContext(
  span: Span,
  bound: readonly { readonly name: Name; readonly type: ValueType }[],
  context: Context,
): { readonly context: Context; readonly arguments: readonly Argument[] } {
  const scope = new Scope(context.scope);
  context.record?.scope({ span, scope, open: [] });
  const inner = { ...context, scope };
  const args = bound.map(({ name, type }): Argument => {
    const argument: Argument = { kind: "argument", name: name.text, type, span: name.span };
    declareVariable(name, argument, [], scope, inner);
    return argument;
  });
  return { context: inner, arguments: args };
}

/** An expression that must be a single number (an int if `base` says so); null after a report. */
export function checkScalar(
  e: Expression,
  what: string,
  base: ValueType["base"],
  context: Context,
): TypedExpression | null {
  const checked = checkExpression(e, context);
  if (checked === null) return null;
  if (checked.type.size !== null)
    return context.report(errors.needScalar(checked.span, what, describeType(checked.type)));
  if (base === "int" && checked.type.base !== "int")
    return context.report(errors.needInt(checked.span, what, describeType(checked.type)));
  return checked;
}

/** An expression of the type's shape: a number, or a vector where the type is one; null after a report. */
export function checkShaped(
  e: Expression,
  what: string,
  type: ValueType,
  context: Context,
): TypedExpression | null {
  if (type.size === null) return checkScalar(e, what, type.base, context);
  const checked = checkExpression(e, context);
  const kind = kindOf(type.size);
  if (checked === null || kindOf(checked.type.size) === kind) return checked;
  const needed = `a ${kind.replace("_", " ")}`;
  return context.report(errors.needVector(checked.span, what, describeType(checked.type), needed));
}
