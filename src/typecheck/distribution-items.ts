// The items of a distribution's definition: density, draw, sufficient statistics, fit, widening, checks.
import { didYouMean } from "../diagnostic.js";
import type { DistributionItem, Expression, FunctionItem, NamedTuple } from "../parser/ast.js";
import type { Name } from "../source.js";
import { constantValue } from "./constants.js";
import { checkType } from "./declare.js";
import { checkScalar, checkShaped, itemContext } from "./definition-context.js";
import * as errors from "./errors.js";
import { checkExpression } from "./expression.js";
import { substitute } from "./instantiate.js";
import type {
  Argument,
  Distribution,
  DistributionCheck,
  NamedValues,
  TypedExpression,
  ValueType,
} from "./model.js";
import type { Context } from "./scope.js";
import { zerosLike } from "./specialise.js";
import { quantileAt, uniform } from "./truncation.js";
import { isWhole, typeOf } from "./types.js";

type Items = Pick<
  Distribution,
  "logDensity" | "draw" | "like" | "cumulative" | "statistics" | "fit" | "widen" | "guides" | "checks"
>;
type OfKind<I extends DistributionItem, K> = I extends DistributionItem
  ? K extends I["kind"]
    ? I
    : never
  : never;
type ItemOf<K extends DistributionItem["kind"]> = OfKind<DistributionItem, K>;
type Checked<T> = T | null;

/** All that a distribution's body says, or null if it has a mistake. */
export function checkItems(
  item: Extract<FunctionItem, { kind: "distribution" }>,
  parameters: readonly Argument[],
  result: ValueType,
  context: Context,
): Items | null {
  const owner = { name: item.name, parameters, result, context };
  const once = <K extends Exclude<DistributionItem["kind"], "check">>(kind: K): ItemOf<K> | null => {
    const found = item.items.filter((i) => i.kind === kind);
    for (const other of found.slice(1)) context.report(errors.itemTwice(other.span, kind));
    return found.find((i): i is ItemOf<K> => i.kind === kind) ?? null;
  };
  const density = once("log_density");
  const draw = once("draw");
  const statistics = once("statistics");
  const fit = once("fit");
  const widen = once("widen");
  const guides = once("guides");
  if (density === null) context.report(errors.missingLogDensity(item.name));

  const cumulative = checkCumulative(once("log_cdf"), once("log_ccdf"), once("quantile"), owner);
  const checkedStatistics = statistics && checkStatistics(statistics, owner);
  const typed = {
    logDensity: density && checkOfVariable(density, result, owner),
    ...(draw ? checkDraw(draw, owner) : { draw: drawOf(cumulative), like: null }),
    cumulative,
    statistics: checkedStatistics,
    fit: fit && checkFit(fit, statistics, checkedStatistics, owner),
    widen: widen && checkWiden(widen, owner),
    guides: guides && checkGuides(guides, owner),
  };
  const checks = item.items.flatMap((i) =>
    i.kind === "check" ? (checkCheck(i, item.items, owner) ?? []) : [],
  );
  return typed.logDensity === null ? null : { ...typed, logDensity: typed.logDensity, checks };
}

/** A draw, and what stands in it for zeros of a value's shape, until that is known. */
function checkDraw(item: ItemOf<"draw">, owner: Owner): Pick<Distribution, "draw" | "like"> {
  const { result, context } = owner;
  const inner = itemContext(
    item.span,
    item.like === null ? [] : [{ name: item.like, type: result }],
    context,
  );
  const draw = checkShaped(item.value, "'draw'", result, { ...inner.context, place: "draw" });
  const [like = null] = inner.arguments;
  if (draw === null || like === null || isWhole(owner)) return { draw, like };
  return { draw: substitute(draw, new Map([[like, zerosLike(like)]]), context), like: null };
}

type Owner = {
  readonly name: Name;
  readonly parameters: readonly Argument[];
  readonly result: ValueType;
  readonly context: Context;
};

/** An item of one variable of the type `type`, whose value is a number. */
function checkOfVariable(
  item: ItemOf<"log_density">,
  type: ValueType,
  owner: Owner,
): Checked<Distribution["logDensity"]> {
  const inner = itemContext(item.span, [{ name: item.variable, type }], owner.context);
  const value = checkScalar(item.value, `'${item.kind}'`, "real", inner.context);
  const [variable] = inner.arguments;
  return value === null || variable === undefined ? null : { variable, value };
}

/** The distribution function and its inverse, which go together. */
function checkCumulative(
  logCdf: ItemOf<"log_density"> | null,
  logCcdf: ItemOf<"log_density"> | null,
  quantile: ItemOf<"log_density"> | null,
  owner: Owner,
): Distribution["cumulative"] {
  const some = logCdf ?? logCcdf ?? quantile;
  if (some === null) return null;
  if (logCdf === null || logCcdf === null || quantile === null || owner.result.size !== null)
    return owner.context.report(errors.cumulativeItems(some.span));
  const value = typeOf(owner.result.base);
  const [below, above, inverse] = [
    checkOfVariable(logCdf, value, owner),
    checkOfVariable(logCcdf, value, owner),
    checkOfVariable(quantile, typeOf("real"), owner),
  ];
  return below && above && inverse && { logCdf: below, logCcdf: above, quantile: inverse };
}

/** What a family without a `draw` of its own draws: its quantile function at a uniform. */
const drawOf = (cumulative: Distribution["cumulative"]): TypedExpression | null =>
  cumulative && quantileAt(cumulative.quantile, uniform(cumulative.quantile.variable.span));

function checkStatistics(item: ItemOf<"statistics">, owner: Owner): Checked<Distribution["statistics"]> {
  const inner = itemContext(item.span, [{ name: item.variable, type: owner.result }], owner.context);
  // Statistics of a whole vector, or of a number that vectors decide, may be vectors: one per element.
  const isOfVectors = isWhole(owner);
  const values = item.values.map((e) =>
    isOfVectors ? checkExpression(e, inner.context) : checkScalar(e, "a statistic", "real", inner.context),
  );
  const [variable] = inner.arguments;
  if (variable === undefined || !values.every((v) => v !== null)) return null;
  const [first, ...others] = values;
  const other = others.find((v) => (v.type.size === null) !== (first?.type.size === null));
  if (other !== undefined) return owner.context.report(errors.mixedStatistics(other.span));
  return { variable, values };
}

function checkFit(
  item: ItemOf<"fit">,
  statistics: ItemOf<"statistics"> | null,
  checked: Distribution["statistics"],
  owner: Owner,
): Checked<Distribution["fit"]> {
  const moments = item.moments.length;
  if (statistics === null) owner.context.report(errors.fitWithoutStatistics(item.span));
  else if (moments !== statistics.values.length)
    owner.context.report(errors.momentCount(item.span, moments, statistics.values.length));
  const momentSize = checked?.values[0]?.type.size ?? null;
  const inner = itemContext(
    item.span,
    item.moments.map((name) => ({ name, type: typeOf("real", momentSize) })),
    owner.context,
  );
  const values = checkNamedValues(item.values, owner, inner.context);
  return values === null ? null : { moments: inner.arguments, values };
}

function checkWiden(item: ItemOf<"widen">, owner: Owner): Checked<Distribution["widen"]> {
  const inner = itemContext(item.span, [{ name: item.factor, type: typeOf("real") }], owner.context);
  const values = checkNamedValues(item.values, owner, inner.context);
  const [factor] = inner.arguments;
  return values === null || factor === undefined ? null : { factor, values };
}

/** `(mu: m, sigma: s)`: values for parameters of the distribution, each at most once. */
function checkNamedValues(tuple: NamedTuple, owner: Owner, context: Context): NamedValues | null {
  const values = new Map<string, TypedExpression>();
  let isWhole = true;
  for (const { name, value } of tuple) {
    const parameter = owner.parameters.find((p) => p.name === name.text);
    const e = checkShaped(value, `the value of '${name.text}'`, parameter?.type ?? typeOf("real"), context);
    if (parameter === undefined) reportUnknownParameter(name, owner);
    else context.record?.use(name, { kind: "declaration", at: parameter.span });
    if (parameter !== undefined && values.has(name.text))
      context.report(errors.itemTwice(name.span, name.text));
    if (parameter !== undefined && e !== null) values.set(name.text, e);
    else isWhole = false;
  }
  return isWhole ? values : null;
}

function reportUnknownParameter(name: Name, owner: Owner): null {
  const names = owner.parameters.map((p) => p.name);
  return owner.context.report(errors.unknownParameter(name, owner.name.text, didYouMean(name.text, names)));
}

function checkGuides(item: ItemOf<"guides">, owner: Owner): Checked<Distribution["guides"]> {
  const support = checkType(item.support, "definition", owner.context);
  if (support === null) return null;
  const lower = checkGuidesBound(item.support.lower, owner);
  const upper = checkGuidesBound(item.support.upper, owner);
  if (lower === undefined || upper === undefined) return null;
  const { constraint } = support;
  return constraint === null ? { lower, upper, constraint } : { ...constrainedBounds(support), constraint };
}

/** The bounds that a constraint of vectors brings with it. */
const constrainedBounds = ({ lower, upper }: ValueType): { lower: number | null; upper: number | null } => ({
  lower: lower && constantValue(lower),
  upper: upper && constantValue(upper),
});

/** Undefined after a report. */
function checkGuidesBound(bound: Expression | null, owner: Owner): string | number | null | undefined {
  if (bound === null) return null;
  const e = checkExpression(bound, owner.context);
  if (e === null) return undefined;
  if (e.kind === "reference") return e.variable.name;
  const value = constantValue(e);
  if (value !== null) return value;
  owner.context.report(errors.guidesBound(e.span));
  return undefined;
}

const CHECKED_ITEMS = ["log_density", "fit", "widen", "statistics"] as const;

function checkCheck(
  item: ItemOf<"check">,
  items: readonly DistributionItem[],
  owner: Owner,
): DistributionCheck | null {
  const { report } = owner.context;
  const kind = CHECKED_ITEMS.find((k) => k === item.item.text);
  const target = items.find((i) => i.kind === kind);
  if (kind === undefined || target === undefined)
    return report(
      errors.badCheck(item.item.span, `the distribution has no item '${item.item.text}' to check`),
    );
  const bound = boundNames(target);
  const expected = checkConstant(item.expected, owner.context);
  const args = new Map<string, number | readonly number[]>();
  let isSound = expected !== null;
  for (const { name, value } of item.args) {
    const number = checkConstant(value, owner.context);
    const binding = bound.find((b) => b.text === name.text)?.span;
    const at = binding ?? owner.parameters.find((p) => p.name === name.text)?.span;
    if (at !== undefined) owner.context.record?.use(name, { kind: "declaration", at });
    const isKnown = at !== undefined;
    if (!isKnown) report(errors.badCheck(name.span, `'${name.text}' is not among the names of '${kind}'`));
    if (isKnown && number !== null) args.set(name.text, number);
    else isSound = false;
  }
  const missing = bound.find(({ text }) => !item.args.some((arg) => arg.name.text === text));
  if (missing !== undefined)
    return report(errors.badCheck(item.span, `it gives no value for '${missing.text}'`));
  const fields =
    "values" in target && target.kind !== "statistics" ? target.values.map((v) => v.name.text) : [];
  if (fields.length > 0 && !fields.includes(item.field?.text ?? ""))
    return report(
      errors.badCheck(
        item.span,
        `after '${kind}(...)' comes one of ${fields.map((f) => `'.${f}'`).join(", ")}`,
      ),
    );
  if (fields.length === 0 && item.field !== null)
    return report(errors.badCheck(item.field.span, `'${kind}' has no field '${item.field.text}'`));
  if (!isSound || expected === null) return null;
  return { item: kind, args, field: item.field?.text ?? null, expected, span: item.span };
}

/** The names that an item binds. */
function boundNames(item: DistributionItem): readonly Name[] {
  if ("variable" in item) return [item.variable];
  if (item.kind === "fit") return item.moments;
  return item.kind === "widen" ? [item.factor] : [];
}

/** A number, or numbers in brackets. */
function checkConstant(e: Expression, context: Context): number | readonly number[] | null {
  if (e.kind === "vector") {
    const elements = e.elements.map((element) => checkConstant(element, context));
    return elements.every((x) => typeof x === "number") ? elements : null;
  }
  const checked = checkExpression(e, context);
  if (checked === null) return null;
  const value = constantValue(checked);
  return value ?? context.report(errors.badCheck(checked.span, "this is not a number"));
}
