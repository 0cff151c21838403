// Functions and bounds at given arguments: substitution in typed expressions, and functions specialised to the sizes of
// their arguments, so that every expression of a typed model knows its own size.
import { absurd, Bug } from "../diagnostic.js";
import { LENGTH } from "./length.js";
import type { Argument, FunctionDeclaration, Local, TypedExpression, Variable } from "./model.js";
import { dependencies, type Instances, type Orders } from "./scope.js";
import { operationShape } from "./matrix.js";
import { isSized, joinSizes, showSize, typeOf, withoutBounds, type Shape } from "./types.js";

/** Why a function cannot be called with arguments of these sizes. */
export type Failure =
  | { readonly kind: "sizes"; readonly conflict: readonly [string, string] }
  /** `parameter` is a scalar that the function combines with a whole vector, but a vector was given for it. */
  | { readonly kind: "notElementwise"; readonly parameter: string };

type Settings = Orders & { readonly instances: Instances };
/** What stands for an argument. `elementwise`: a vector stands for a scalar. */
type Binding = { readonly value: TypedExpression; readonly elementwise: boolean };

/** Where an instance comes from: an instance of an instance is made from the definition. */
const definitions = new WeakMap<FunctionDeclaration, FunctionDeclaration>();

/** `e` with its arguments replaced by the values that `bindings` gives them. All sizes must go together. */
export function substitute(
  e: TypedExpression,
  bindings: ReadonlyMap<Argument, TypedExpression>,
  settings: Settings,
): TypedExpression {
  const asBindings = new Map([...bindings].map(([a, value]) => [a, { value, elementwise: false }]));
  const done = replace(e, asBindings, settings);
  if ("failure" in done) throw new Bug("a substitution joins vectors of different sizes");
  return done.value;
}

/** `e` with its locals and calls replaced by what they stand for. */
export function expand(e: TypedExpression, settings: Settings): TypedExpression {
  switch (e.kind) {
    case "apply":
    case "matrix":
      return { ...e, args: e.args.map((arg) => expand(arg, settings)) };
    case "reference":
      return e.variable.kind === "local" ? expand(e.variable.value, settings) : e;
    case "call": {
      const args = e.args.map((arg) => expand(arg, settings));
      const bindings = new Map<Argument, TypedExpression>();
      e.callee.parameters.forEach((parameter, i) => {
        const arg = args[i];
        if (arg !== undefined) bindings.set(parameter, arg);
      });
      return expand(substitute(e.callee.value, bindings, settings), settings);
    }
    case "literal":
    case "reduce":
    case "random":
    case "element":
    case "vector":
    case "previous":
    case "arrange":
      return e;
    default:
      return absurd(e);
  }
}

/** True where both are the same expression of the same variables, wherever they were written. */
export function isSameExpression(a: TypedExpression, b: TypedExpression): boolean {
  if (a === b) return true;
  const parts = (e: TypedExpression): readonly TypedExpression[] => {
    if (e.kind === "reduce") return [e.arg];
    if (e.kind === "element") return [e.vector, e.index];
    if (e.kind === "arrange") return [e.vector];
    if (e.kind === "vector") return e.elements;
    if (e.kind === "previous") return [e.initial];
    return e.kind === "literal" || e.kind === "reference" ? [] : e.args;
  };
  const head = (e: TypedExpression): unknown => {
    switch (e.kind) {
      case "literal":
        return e.value;
      case "reference":
        return e.variable;
      case "apply":
        return e.op;
      case "reduce":
        return e.reduction;
      case "matrix":
        return e.operation;
      case "call":
        return e.callee;
      // Each use of a random primitive is another draw.
      case "random":
        return e;
      case "element":
      case "vector":
        return e.kind;
      case "previous":
        return e.variable;
      case "arrange":
        return e.arrangement;
      default:
        return absurd(e);
    }
  };
  const [x, y] = [parts(a), parts(b)];
  return (
    a.kind === b.kind &&
    head(a) === head(b) &&
    x.length === y.length &&
    x.every((p, i) => {
      const q = y[i];
      return q !== undefined && isSameExpression(p, q);
    })
  );
}

/** `callee` for arguments of these sizes: itself where its parameters are declared with them. */
export function instantiate(
  callee: FunctionDeclaration,
  sizes: readonly Shape[],
  settings: Settings,
): { readonly callee: FunctionDeclaration } | { readonly failure: Failure } {
  const definition = definitions.get(callee) ?? callee;
  if (definition.parameters.every((p, i) => p.type.size === sizes[i])) return { callee: definition };
  const known = settings.instances.get(definition) ?? new Map<string, FunctionDeclaration>();
  settings.instances.set(definition, known);
  const key = sizes.map((size) => (size === null ? "" : isSized(size) ? `[${showSize(size)}]` : size)).join();
  const before = known.get(key);
  if (before !== undefined) return { callee: before };

  const parameters = definition.parameters.map((p, i): Argument => {
    return { ...p, type: { ...p.type, size: sizes[i] ?? null } };
  });
  const bindings = new Map<Argument, Binding>();
  definition.parameters.forEach((p, i) => {
    const variable = parameters[i];
    if (variable === undefined) return;
    const value: TypedExpression = {
      kind: "reference",
      variable,
      type: withoutBounds(variable.type),
      span: p.span,
      plates: [],
      latents: [],
    };
    bindings.set(p, { value, elementwise: p.type.size === null && variable.type.size !== null });
  });
  const body = replace(definition.value, bindings, { ...settings, open: [], latents: [] });
  if ("failure" in body) return body;
  const result = typeOf(definition.result.base, body.value.type.size);
  const instance: FunctionDeclaration = { ...definition, parameters, result, value: body.value };
  definitions.set(instance, definition);
  known.set(key, instance);
  return { callee: instance };
}

function replace(
  root: TypedExpression,
  bindings: ReadonlyMap<Argument, Binding>,
  settings: Settings,
): { readonly value: TypedExpression } | { readonly failure: Failure } {
  let failure: Failure | null = null;
  /** New expressions by old ones: locals make the expression a graph, whose every node is visited once. */
  const done = new Map<TypedExpression, TypedExpression>();
  const newLocals = new Map<Local, Local>();
  /** The elementwise parameter that an expression mentions. */
  const mentions = new Map<TypedExpression, string>();

  const visit = (e: TypedExpression): TypedExpression => {
    const before = done.get(e);
    if (before !== undefined) return before;
    const after = rebuild(e);
    done.set(e, after);
    return after;
  };
  const note = (e: TypedExpression, parts: readonly TypedExpression[]): void => {
    const parameter = parts.map((part) => mentions.get(part)).find((name) => name !== undefined);
    if (parameter === undefined) return;
    mentions.set(e, parameter);
    if (e.type.size !== null) failure ??= { kind: "notElementwise", parameter };
  };
  const rebuild = (e: TypedExpression): TypedExpression => {
    switch (e.kind) {
      case "literal":
        return e;
      case "reference":
        return rebuildReference(e, e.variable);
      case "apply": {
        const args = e.args.map(visit);
        note(e, e.args);
        const joined = joinSizes(args.map((arg) => arg.type.size));
        if ("conflict" in joined) {
          failure ??= { kind: "sizes", conflict: joined.conflict };
          return e;
        }
        return { ...e, args, type: typeOf(e.type.base, joined.size), ...dependencies(args, settings) };
      }
      case "reduce": {
        const arg = visit(e.arg);
        note(e, [e.arg]);
        return { ...e, arg, ...dependencies([arg], settings) };
      }
      case "element": {
        const [vector, index] = [visit(e.vector), visit(e.index)];
        note(e, [e.vector, e.index]);
        const type = typeOf(e.type.base, index.type.size);
        return { ...e, vector, index, type, ...dependencies([vector, index], settings) };
      }
      case "matrix": {
        const args = e.args.map(visit);
        const parameter = e.args.map((arg) => mentions.get(arg)).find((name) => name !== undefined);
        if (parameter !== undefined) failure ??= { kind: "notElementwise", parameter };
        const shaped = operationShape(
          e.operation,
          args.map((arg) => arg.type.size),
        );
        if (!("size" in shaped)) {
          const conflict = "conflict" in shaped ? shaped.conflict : ([e.operation, shaped.needs] as const);
          failure ??= { kind: "sizes", conflict };
          return e;
        }
        return { ...e, args, type: typeOf(e.type.base, shaped.size), ...dependencies(args, settings) };
      }
      case "vector": {
        const elements = e.elements.map(visit);
        note(e, e.elements);
        return { ...e, elements, ...dependencies(elements, settings) };
      }
      case "previous":
        return { ...e, initial: visit(e.initial) };
      case "arrange": {
        const vector = visit(e.vector);
        note(e, [e.vector]);
        const type = typeOf(e.type.base, vector.type.size);
        return { ...e, vector, type, ...dependencies([vector], settings) };
      }
      case "random": {
        const args = e.args.map(visit);
        note(e, e.args);
        const joined = joinSizes(args.map((arg) => arg.type.size));
        const size = "size" in joined ? joined.size : null;
        return { ...e, args, type: typeOf(e.type.base, size), ...dependencies(args, settings) };
      }
      case "call":
        return rebuildCall(e, e.args.map(visit));
      default:
        return absurd(e);
    }
  };
  const rebuildReference = (
    e: TypedExpression & { kind: "reference" },
    variable: Variable,
  ): TypedExpression => {
    if (variable.kind === "argument") {
      const binding = bindings.get(variable);
      if (binding?.elementwise === true) mentions.set(e, variable.name);
      return binding?.value ?? e;
    }
    if (variable.kind !== "local") return e;
    const value = visit(variable.value);
    note(e, [variable.value]);
    if (value === variable.value) return e;
    const local = newLocals.get(variable) ?? {
      ...variable,
      value,
      type: typeOf(variable.type.base, value.type.size),
    };
    newLocals.set(variable, local);
    return { ...e, variable: local, type: local.type, ...dependencies([value], settings) };
  };
  const rebuildCall = (
    e: TypedExpression & { kind: "call" },
    args: readonly TypedExpression[],
  ): TypedExpression => {
    note(e, e.args);
    const length = args[0]?.type.size ?? "any";
    if (e.callee === LENGTH && isSized(length)) return length.value;
    const made = instantiate(
      e.callee,
      args.map((arg) => arg.type.size),
      settings,
    );
    if ("failure" in made) {
      failure ??= made.failure;
      return e;
    }
    const { callee } = made;
    return { ...e, callee, args, type: withoutBounds(callee.result), ...dependencies(args, settings) };
  };

  const value = visit(root);
  // Assigned in the closures above, which control flow analysis does not see.
  const failed = failure as Failure | null;
  return failed === null ? { value } : { failure: failed };
}
