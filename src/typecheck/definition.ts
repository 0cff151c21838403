// Definitions of functions and distributions: from syntax to typed declarations.
import type { Argument as ArgumentSyntax, FunctionItem } from "../parser/ast.js";
import type { Name } from "../source.js";
import { checkItems } from "./distribution-items.js";
import { declareArgument, definitionContext, type Report } from "./definition-context.js";
import { checkType, declareVariable } from "./declare.js";
import * as errors from "./errors.js";
import { checkExpression } from "./expression.js";
import type {
  Argument,
  Distribution,
  FunctionDeclaration,
  Local,
  TypedExpression,
  ValueType,
} from "./model.js";
import type { Recorder } from "./record.js";
import type { Context, Library } from "./scope.js";
import { describeType } from "./show.js";
import { kindOf, withoutBounds } from "./types.js";

/** Declares the parameters in `context.scope`; null if one of them has a mistake. */
function checkParameters(
  parameters: readonly ArgumentSyntax[],
  context: Context,
): readonly Argument[] | null {
  const declared = parameters.map(({ type, name }) => declareArgument(name, type, context));
  return declared.every((p) => p !== null) ? declared : null;
}

/** A function, its locals named in its value; null if it has a mistake. */
export function checkFunction(
  item: Extract<FunctionItem, { kind: "function" }>,
  library: Library,
  report: Report,
  record: Recorder | null = null,
): FunctionDeclaration | null {
  const context: Context = { ...definitionContext(library, report, record), place: "function" };
  record?.scope({ span: item.span, scope: context.scope, open: [] });
  const parameters = checkParameters(item.parameters, context);
  const result = checkType(item.result, "definition", context);
  for (const local of item.locals) {
    const type = checkType(local.type, "definition", context);
    const value = checkExpression(local.value, context);
    const variable = type === null || value === null ? null : typedLocal(local.name, type, value, context);
    declareVariable(local.name, variable, [], context.scope, context);
  }
  const value = checkExpression(item.value, context);
  if (parameters === null || result === null || value === null) return null;
  if (!fits(value.type, result)) {
    const what = `the value of '${item.name.text}'`;
    return report(errors.resultType(value.span, what, describeType(result), describeType(value.type)));
  }
  const { doc, span } = item;
  return { kind: "function", name: item.name.text, doc, parameters, result, value, span };
}

function typedLocal(name: Name, type: ValueType, value: TypedExpression, context: Context): Local | null {
  if (!fits(value.type, type))
    return context.report(
      errors.localType(value.span, name.text, describeType(type), describeType(value.type)),
    );
  return { kind: "local", name: name.text, type: withoutBounds(type), value, span: name.span };
}

/** True where a value of type `actual` may stand where `declared` is asked for: an int may stand for a real. */
const fits = (actual: ValueType, declared: ValueType): boolean =>
  kindOf(declared.size) === kindOf(actual.size) && !(declared.base === "int" && actual.base === "real");

/** A distribution; null if it has a mistake. */
export function checkDistribution(
  item: Extract<FunctionItem, { kind: "distribution" }>,
  library: Library,
  report: Report,
  record: Recorder | null = null,
): Distribution | null {
  const context = definitionContext(library, report, record);
  record?.scope({ span: item.span, scope: context.scope, open: [] });
  const parameters = checkParameters(item.parameters, context);
  const result = checkType(item.result, "definition", context);
  if (parameters === null || result === null) return null;
  const items = checkItems(item, parameters, result, context);
  if (items === null) return null;
  const { doc, span } = item;
  return { kind: "distribution", name: item.name.text, doc, parameters, result, ...items, span };
}
