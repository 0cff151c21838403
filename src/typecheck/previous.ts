// `prev(x, x0)`: the value one step before along an ordered plate. A latent may be looked back at by its own prior and
// by what stands above it, so that it is promised before it is declared; a local by its own value and what stands below.
import type { Expression, Statement, TypeSyntax } from "../parser/ast.js";
import type { Name, Span } from "../source.js";
import { constantValue } from "./constants.js";
import * as errors from "./errors.js";
import type { Data, Latent, Local, Plate, TypedExpression, ValueType } from "./model.js";
import { dependencies, type Context } from "./scope.js";
import { describeType } from "./show.js";
import { showSize, withoutBounds } from "./types.js";
import { recursionOf } from "./walk.js";

type Sample = Statement & { kind: "sample" };

/** What `prev` knows of a model block. */
export type Past = {
  /** Of the generated block, whose values are known draw by draw: any local may be looked back at. */
  readonly isOfDraws: boolean;
  /** The first `~` of every name, reached yet or not. */
  readonly statements: ReadonlyMap<string, Sample>;
  /** The type that was written, or null, in silence, if it has a mistake. */
  readonly typeOf: (type: TypeSyntax, context: Context) => ValueType | null;
  /** Latents that were looked back at before their `~` was reached. They are complete once it has been. */
  readonly promised: Map<string, Latent>;
  /** Uses of promised latents, to be checked when the block is at its end. */
  readonly uses: {
    readonly name: Name;
    readonly latent: Latent;
    readonly type: ValueType;
    readonly at: Place;
  }[];
  /** Every latent that is looked back at, and along which plate. */
  readonly lookedBackAt: Map<Latent, Plate>;
};

/** Where a `prev` stands. */
type Place = { readonly open: readonly Plate[]; readonly along: Plate; readonly initial: TypedExpression };

/** The past of a model block that has not been checked yet. */
export function emptyPast(body: readonly Statement[], typeOf: Past["typeOf"], isOfDraws: boolean): Past {
  const statements = new Map<string, Sample>();
  const visit = (s: Statement): void => {
    if (s.kind === "plate" || s.kind === "block") s.body.forEach(visit);
    if (s.kind === "sample" && !statements.has(s.name.text)) statements.set(s.name.text, s);
  };
  body.forEach(visit);
  return { isOfDraws, statements, typeOf, promised: new Map(), uses: [], lookedBackAt: new Map() };
}

/**
 * `prev(x, x0)`; null after a report. `initial`: the second argument, null if it has a mistake. `unknown` reports a name
 * that no one declares.
 */
export function checkPrevious(
  e: Extract<Expression, { kind: "call" }>,
  initial: TypedExpression | null,
  unknown: (name: Name) => null,
  context: Context,
): TypedExpression | null {
  const [of, before] = e.args;
  const { past } = context;
  if (typeof past === "string") return context.report(errors.previousOutsideModel(e.callee.span, past));
  if (of === undefined || before === undefined || e.args.length > 2)
    return context.report(errors.wrongArgumentCount(e.callee, e.args.length, ["'prev(x, x0)'"]));
  const along = context.open.findLast((plate) => plate.ordered);
  if (along === undefined) return context.report(errors.previousWithoutSeries(e.callee.span));
  if (of.kind !== "name") return context.report(errors.previousOfExpression(of.span));
  if (initial === null) return null;
  const isKnown =
    context.scope.find(of.name.text) !== undefined ||
    past.statements.has(of.name.text) ||
    context.declaring?.name === of.name.text;
  const found = isKnown ? findVariable(of.name, { along, initial }, past, context) : unknown(of.name);
  if (found === null) return null;
  const varies = found.variable === context.declaring ? context.open : found.plates;
  const inner = varies.find((plate) => isNestedIn(plate.parent, found.along));
  if (inner !== undefined)
    return context.report(errors.previousOfRows(of.span, of.name.text, inner.name, found.along.name));
  if (initial.plates.includes(found.along))
    return context.report(errors.initialVaries(initial.span, found.along.name));
  const { type } = found;
  if (!isInitial(initial.type, type))
    return context.report(
      errors.initialType(initial.span, of.name.text, describeType(type), describeType(initial.type)),
    );
  const { variable } = found;
  if (variable.kind === "latent") {
    past.lookedBackAt.set(variable, found.along);
    if (found.isPromised)
      past.uses.push({ name: of.name, latent: variable, type, at: { ...context, along, initial } });
  }
  const latents = variable.kind === "local" ? variable.value.latents : [];
  const own = { plates: found.plates, latents: variable.kind === "latent" ? [variable] : latents };
  return {
    kind: "previous",
    variable,
    along: found.along,
    initial,
    type: withoutBounds(type),
    span: e.span,
    ...dependencies([own, initial], context),
  };
}

const isNestedIn = (plate: Plate | null, along: Plate): boolean =>
  plate !== null && (plate === along || isNestedIn(plate.parent, along));

type Found = {
  readonly variable: Data | Latent | Local;
  readonly along: Plate;
  readonly plates: readonly Plate[];
  readonly type: ValueType;
  readonly isPromised: boolean;
};

/** The data or latent of a name, declared or promised, with the ordered plate along which it varies. */
function findVariable(name: Name, at: Omit<Place, "open">, past: Past, context: Context): Found | null {
  const entry = context.scope.find(name.text);
  const { declaring } = context;
  const own = declaring?.name === name.text ? declaring : past.statements.get(name.text)?.name;
  const declared = entry ?? own;
  if (declared !== undefined) context.record?.use(name, { kind: "declaration", at: declared.span });
  if (entry === undefined && declaring?.name === name.text)
    return {
      variable: declaring,
      along: at.along,
      plates: [at.along],
      type: declaring.type,
      isPromised: false,
    };
  if (entry === undefined) return promise(name, at, past, context);
  if (entry.kind === "faulty") return null;
  if (entry.kind === "plate") return context.report(errors.plateAsValue(name, entry.plate.span));
  const { variable } = entry;
  if (variable.kind !== "data" && variable.kind !== "latent" && variable.kind !== "local")
    return context.report(errors.previousOfExpression(name.span));
  const plates = variable.kind === "local" ? variable.value.plates : entry.plates;
  context.used.add(variable);
  const closed = plates.find((plate) => !context.open.includes(plate));
  if (closed !== undefined) {
    const message = variable.kind === "data" ? errors.dataOutsidePlate : errors.latentOutsidePlate;
    return context.report(message(name, variable.span, closed.name));
  }
  // Of a latent always the same plate, in whatever order plates are open here.
  const among = variable.kind === "latent" ? variable.plates : context.open;
  const along = among.findLast((plate) => plate.ordered && plates.includes(plate));
  if (along === undefined)
    return context.report(errors.previousOfConstant(name, variable.span, at.along.name));
  if (variable.kind === "local" && !isOfOuterLatents(variable, along, name.span, context)) return null;
  return { variable, along, plates, type: variable.type, isPromised: false };
}

/** A local that has no value yet: its own expression may look back at it. */
export const unknownLocal = ({ text: name, span }: Name, type: ValueType): Local => {
  const value = { kind: "literal", value: 0, type, span, plates: [], latents: [] } as const;
  return { kind: "local", name, type, value, span };
};

/** The local with its value; null after a report. */
export function defineLocal(local: Local, value: TypedExpression, context: Context): Local | null {
  const defined = Object.assign(local, { value });
  const along = recursionOf(defined);
  return along === null || isOfOuterLatents(defined, along, value.span, context) ? defined : null;
}

/**
 * False, after a report, if a local that is looked back at depends on latents of the steps: its value at a step would
 * depend on the particles of all steps up to it. At posterior draws that is no matter.
 */
function isOfOuterLatents(local: Local, along: Plate, span: Span, context: Context): boolean {
  if (typeof context.past === "string" || context.past.isOfDraws) return true;
  const inner = local.value.latents.find((latent) => latent.plates.includes(along));
  if (inner !== undefined) context.report(errors.previousOfSteps(span, local.name, inner.name, along.name));
  return inner === undefined;
}

/** A latent whose `~` has not been reached: it is that of the statement in which it is looked back at, or a later one. */
function promise(
  name: Name,
  { along, initial }: Omit<Place, "open">,
  past: Past,
  context: Context,
): Found | null {
  const statement = past.statements.get(name.text);
  if (statement === undefined) return null;
  const type = declaredType(statement, initial.type, context);
  const variable = past.promised.get(name.text) ?? {
    kind: "latent",
    name: name.text,
    type,
    plates: context.open,
    span: statement.name.span,
  };
  past.promised.set(name.text, variable);
  return { variable, along, plates: context.open, type, isPromised: true };
}

/**
 * The type that a statement gives its latent as far as its text alone tells, which has no size where it is not written:
 * then the latent is taken to be shaped like its value before the first step. Its own check reports its mistakes.
 */
function declaredType(s: Sample, initial: ValueType, context: Context): ValueType {
  const { past } = context;
  const written = s.type === null || typeof past === "string" ? null : past.typeOf(s.type, context);
  const result = context.library.distribution(s.distribution.name.text)?.result;
  const known = (bound: TypedExpression | null | undefined): TypedExpression | null =>
    bound && constantValue(bound) !== null ? bound : null;
  return {
    base: written?.base ?? result?.base ?? initial.base,
    size: written === null ? initial.size : written.size,
    constraint: written?.constraint ?? result?.constraint ?? null,
    lower: written?.lower ?? known(result?.lower),
    upper: written?.upper ?? known(result?.upper),
  };
}

/** An int may stand for a real, a number for a vector. */
function isInitial(initial: ValueType, type: ValueType): boolean {
  if (type.base === "int" && initial.base === "real") return false;
  if (initial.size === null || type.size === null) return initial.size === null;
  return showSize(initial.size) === showSize(type.size);
}

/** The latent as it was promised, if it was: who holds the promise then holds the latent. */
export function asPromised(latent: Latent, { past }: Context): Latent {
  const promised = typeof past === "string" ? undefined : past.promised.get(latent.name);
  return promised === undefined ? latent : Object.assign(promised, latent);
}

/** Checks what was promised in a block against what it declared. */
export function checkPromises(context: Context): void {
  const { past } = context;
  if (typeof past === "string") return;
  for (const { name, latent, type, at } of past.uses) {
    if (!context.latents.includes(latent)) continue;
    const closed = latent.plates.find((plate) => !at.open.includes(plate));
    const along = latent.plates.findLast((plate) => plate.ordered);
    if (closed !== undefined) context.report(errors.latentOutsidePlate(name, latent.span, closed.name));
    else if (along !== at.along) context.report(errors.previousOfConstant(name, latent.span, at.along.name));
    else if (!isSameShape(latent.type, type))
      context.report(
        errors.initialType(at.initial.span, latent.name, describeType(latent.type), describeType(type)),
      );
  }
}

function isSameShape(a: ValueType, b: ValueType): boolean {
  if (a.base !== b.base) return false;
  return a.size === null || b.size === null ? a.size === b.size : showSize(a.size) === showSize(b.size);
}
