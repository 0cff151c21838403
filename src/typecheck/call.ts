// Calls of functions: built-in ones, and those of the library and of the model.
import { absurd, didYouMean } from "../diagnostic.js";
import type { Name, Span } from "../source.js";
import { checkArguments } from "./arguments.js";
import { BUILTINS, builtinSignature, type Builtin } from "./builtins.js";
import { densityFamily, densityFunction } from "./density-function.js";
import * as errors from "./errors.js";
import { instantiate } from "./instantiate.js";
import { LENGTH } from "./length.js";
import type { FunctionDeclaration, TypedExpression } from "./model.js";
import { matrixOperation } from "./matrix.js";
import { dependencies, type Context } from "./scope.js";
import { describeType, showSignature } from "./show.js";
import { allInts, isSized, joinSizes, typeOf, withoutBounds, type Base } from "./types.js";

type Args = readonly TypedExpression[];
type Checked = TypedExpression | null;

/** A call with checked arguments, of which those with a mistake are null. */
export function checkCall(name: Name, args: readonly Checked[], span: Span, context: Context): Checked {
  const overloads = BUILTINS.get(name.text) ?? [];
  const builtin = overloads.find((b) => b.parameters.length === args.length);
  if (builtin !== undefined) {
    context.record?.use(name, { kind: "builtin", name: name.text });
    if (builtin.internal === true && context.place === "model")
      return context.report(errors.internalFunction(name));
    const good = args.filter((arg) => arg !== null);
    return good.length < args.length ? null : callBuiltin(name, builtin, good, span, context);
  }
  const own = context.library.function(name.text);
  const density = own === undefined && overloads.length === 0 ? densityFunction(name, context) : undefined;
  const callee = own === undefined ? density : own;
  recordCallee(name, own !== undefined, overloads.length > 0, context);
  if (callee === null) return null;
  if (callee === undefined && overloads.length === 0) return reportUnknownFunction(name, context);
  if (callee?.parameters.length !== args.length) {
    const signatures = overloads.map((b) => `'${builtinSignature(name.text, b)}'`);
    if (callee !== undefined) signatures.push(`'${showSignature(name.text, callee.parameters)}'`);
    return context.report(errors.wrongArgumentCount(name, args.length, signatures));
  }
  const call = callFunction(callee, name, args, span, context);
  // Probabilities themselves have no sum.
  return own === undefined && !name.text.endsWith("_cdf") ? summed(call, context) : call;
}

/** Tells whose the called function is: the library's or the model's, the language's, or a distribution's density. */
function recordCallee(
  { text, span }: Name,
  isDefined: boolean,
  isBuiltin: boolean,
  { record, library }: Context,
): void {
  if (record === null) return;
  const of = densityFamily(text);
  if (isDefined) record.use({ text, span }, { kind: "function", name: text });
  else if (isBuiltin) record.use({ text, span }, { kind: "builtin", name: text });
  else if (of !== null && library.distributionNames.includes(of))
    record.use({ text, span }, { kind: "distribution", name: of });
}

function reportUnknownFunction(name: Name, context: Context): null {
  if (context.isDropped(name.text)) return null;
  if (context.library.distributionNames.includes(name.text))
    return context.report(errors.distributionAsFunction(name));
  const suggestion = didYouMean(name.text, [...BUILTINS.keys(), ...context.library.functionNames]);
  return context.report(errors.unknownFunction(name, suggestion));
}

function callFunction(
  callee: FunctionDeclaration,
  name: Name,
  given: readonly Checked[],
  span: Span,
  context: Context,
): Checked {
  if (context.place !== "function" && context.place !== "draw" && isRandom(callee))
    return context.report(errors.randomOutsideDraw(name));
  const args = checkArguments(name.text, callee.parameters, given, context);
  if (args === null) return null;
  const made = instantiate(
    callee,
    args.map((arg) => arg.type.size),
    context,
  );
  if ("failure" in made) {
    const { failure } = made;
    return context.report(
      failure.kind === "sizes"
        ? errors.differentSizes(span, ...failure.conflict)
        : errors.notElementwise(span, name.text, failure.parameter),
    );
  }
  const type = withoutBounds(made.callee.result);
  return { kind: "call", callee: made.callee, args, type, span, ...dependencies(args, context) };
}

/** Of vectors these are sums over their elements, as in Stan. */
const summed = (e: Checked, context: Context): Checked =>
  e === null || e.type.size === null
    ? e
    : {
        kind: "reduce",
        reduction: "sum",
        arg: e,
        type: typeOf(e.type.base),
        span: e.span,
        ...dependencies([e], context),
      };

function callBuiltin(name: Name, builtin: Builtin, args: Args, span: Span, context: Context): Checked {
  switch (builtin.kind) {
    case "constant":
      return { kind: "literal", value: builtin.value, type: typeOf("real"), span, plates: [], latents: [] };
    case "op": {
      const base: Base = builtin.result === "operands" ? (allInts(args) ? "int" : "real") : builtin.result;
      return elementwise({ kind: "apply", op: builtin.op }, base, args, span, context);
    }
    case "random":
      if (context.place !== "function" && context.place !== "draw")
        return context.report(errors.randomOutsideDraw(name));
      return elementwise({ kind: "random", primitive: builtin.primitive }, "real", args, span, context);
    case "matrix":
      return matrixOperation(builtin.operation, args, `the argument of '${name.text}'`, span, context);
    case "reduction":
    case "length":
    case "arrangement":
      return callOnVector(name, builtin, args, span, context);
    default:
      return absurd(builtin);
  }
}

type Elementwise =
  | Pick<TypedExpression & { kind: "apply" }, "kind" | "op">
  | Pick<TypedExpression & { kind: "random" }, "kind" | "primitive">;

function elementwise(what: Elementwise, base: Base, args: Args, span: Span, context: Context): Checked {
  const joined = joinSizes(args.map((arg) => arg.type.size));
  if ("conflict" in joined) return context.report(errors.differentSizes(span, ...joined.conflict));
  return { ...what, args, type: typeOf(base, joined.size), span, ...dependencies(args, context) };
}

function callOnVector(
  name: Name,
  builtin: Builtin & { kind: "reduction" | "length" | "arrangement" },
  args: Args,
  span: Span,
  context: Context,
): Checked {
  const [arg] = args;
  if (arg === undefined) return null;
  if (arg.type.size === null)
    return context.report(
      errors.needVector(arg.span, `the argument of '${name.text}'`, describeType(arg.type)),
    );
  const { plates, latents } = arg;
  const { base, size } = arg.type;
  if (builtin.kind === "length") {
    if (isSized(size)) return size.value;
    return { kind: "call", callee: LENGTH, args, type: typeOf("int"), span, plates, latents };
  }
  if (builtin.kind === "arrangement")
    return {
      kind: "arrange",
      arrangement: builtin.arrangement,
      vector: arg,
      type: typeOf(base, size),
      span,
      plates,
      latents,
    };
  const negative = (x: TypedExpression): TypedExpression =>
    builtin.negated ? { kind: "apply", op: "neg", args: [x], type: x.type, span, plates, latents } : x;
  const reduction = builtin.reduction;
  return negative({
    kind: "reduce",
    reduction,
    arg: negative(arg),
    type: typeOf(base),
    span,
    plates,
    latents,
  });
}

const randomFunctions = new WeakMap<FunctionDeclaration, boolean>();

/** True where a call of the function draws a random number. */
function isRandom(callee: FunctionDeclaration): boolean {
  const known = randomFunctions.get(callee);
  if (known !== undefined) return known;
  const seen = new Set<TypedExpression>();
  const draws = (e: TypedExpression): boolean => {
    if (seen.has(e)) return false;
    seen.add(e);
    switch (e.kind) {
      case "random":
        return true;
      case "call":
        return isRandom(e.callee) || e.args.some(draws);
      case "apply":
      case "matrix":
        return e.args.some(draws);
      case "reduce":
        return draws(e.arg);
      case "arrange":
        return draws(e.vector);
      case "element":
        return draws(e.vector) || draws(e.index);
      case "vector":
        return e.elements.some(draws);
      case "previous":
        return draws(e.initial);
      case "reference":
        return e.variable.kind === "local" && draws(e.variable.value);
      case "literal":
        return false;
      default:
        return absurd(e);
    }
  };
  const answer = draws(callee.value);
  randomFunctions.set(callee, answer);
  return answer;
}
