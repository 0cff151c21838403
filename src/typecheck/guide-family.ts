// The family that a guide gives a latent: `x ~ normal(learn(0), 1)`.
import type { DistributionCall, Expression } from "../parser/ast.js";
import { operandsOf } from "../parser/operands.js";
import type { Span } from "../source.js";
import { checkArgumentType, constantArguments, violatedConstraint } from "./arguments.js";
import { constantValue } from "./constants.js";
import { findPlate } from "./data.js";
import { defaultFamilyName, isLearnable, type Prior } from "./default-guide.js";
import * as errors from "./errors.js";
import { checkExpression, reference } from "./expression.js";
import { findDistribution, isArgumentCount, isSameSupport, supportOf } from "./family.js";
import type {
  Argument,
  Distribution,
  Guide,
  GuideArgument,
  Latent,
  LearnedParameter,
  Plate,
  TypedExpression,
} from "./model.js";
import { dependencies, type Context } from "./scope.js";
import { describeType, describeValues } from "./show.js";
import { sizeOf, specialise } from "./specialise.js";
import { isSized, isWhole, showSize, typeOf } from "./types.js";

type LearnSyntax = Extract<Expression, { kind: "learn" }>;
/** An argument with its checked expression; `value` is null where it has none, or one with a mistake. */
type Given = {
  readonly syntax: Expression;
  readonly value: TypedExpression | null;
  /** The parameters that its expression holds. */
  readonly learned: readonly LearnedParameter[];
};

/** The guide of `prior`'s latent (null: of an unknown one, whose family is checked all the same); null after reports. */
export function checkGuideCall(
  call: DistributionCall,
  prior: Prior | null,
  span: Span,
  context: Context,
): Guide | null {
  const latent = prior?.latent ?? null;
  const known = context.library.distribution(call.name.text);
  const given = call.args.map((syntax, i): Given => {
    const learned: LearnedParameter[] = [];
    const name = known?.parameters[i]?.name ?? "";
    const inside = { ...context, learn: learnInside(syntax, name, latent, learned, context) };
    const e = syntax.kind === "learn" ? syntax.initial : syntax;
    const value = e === null ? null : checkExpression(e, syntax.kind === "learn" ? context : inside);
    return { syntax, value, learned };
  });
  const definition = findDistribution(call.name, context);
  if (definition === null || !isArgumentCount(call.name, given.length, definition, context)) return null;
  if (definition.draw === null) return context.report(errors.guideNeedsDraw(call.name));
  const family = sizedFamily(definition, given, prior, context);
  const values = given.map(({ value }) => value);
  const constants = constantArguments(family.parameters, values);
  const isComputed = given.some(({ value, syntax, learned }) => !isFixed(syntax, value, learned));
  const hasMoments =
    !isComputed &&
    family.parameters.every((p, i) => given[i]?.syntax.kind !== "learn" || hasFit(family, p.name));
  const args = family.parameters.flatMap((parameter, i) => {
    const arg = given[i];
    if (arg === undefined) return [];
    return (
      checkArgument(parameter, arg, { family, latent, constants, isComputed, hasMoments }, context) ?? []
    );
  });
  if (prior === null || latent === null || args.length < given.length) return null;
  const fixed = args.map((arg) => (arg.kind === "learned" ? null : arg.value));
  const support = supportOf(family, fixed, latent.type.size, context);
  if (!isSameSupport(support, latent.type))
    return context.report(
      errors.guideSupport(
        call.name.span,
        family.name,
        describeValues(support),
        latent.name,
        describeValues(latent.type),
        defaultFamilyName(prior, context),
      ),
    );
  const { latents: parents } = dependencies(
    args.flatMap((arg) => (arg.kind === "computed" ? [arg.value] : [])),
    context,
  );
  return { latent, distribution: family, args, isDefault: false, parents, span };
}

/** False where latents or learned parameters go into an expression. */
const isFixed = (
  syntax: Expression,
  value: TypedExpression | null,
  learned: readonly LearnedParameter[],
): boolean => syntax.kind === "learn" || (learned.length === 0 && (value?.latents.length ?? 0) === 0);

/** The `learn(...)`s of an expression, itself included. */
const learns = (e: Expression): number =>
  operandsOf(e).reduce((sum, operand) => sum + learns(operand), e.kind === "learn" ? 1 : 0);

/** What makes parameters of the `learn(...)`s inside one argument, collecting them. */
function learnInside(
  argument: Expression,
  parameter: string,
  latent: Latent | null,
  learned: LearnedParameter[],
  context: Context,
): NonNullable<Context["learn"]> {
  const isOnly = learns(argument) === 1;
  return (syntax) => {
    const over = checkOver(syntax, latent, context);
    if (syntax.initial === null)
      return context.report(errors.learnNeedsInitial(syntax.span, latent?.name ?? ""));
    const initial = checkExpression(syntax.initial, context);
    if (initial === null || over === null || !isFirstValue(initial, context)) return null;
    const variable: LearnedParameter = {
      kind: "learned",
      name: isOnly ? parameter : `${parameter}_${learned.length + 1}`,
      type: typeOf("real", initial.type.size ?? latent?.type.size ?? null),
      initial,
      over,
      span: syntax.span,
    };
    learned.push(variable);
    return reference(variable, syntax.span, context);
  };
}

/** False, after a report, if a latent goes into the first value of a learned parameter. */
function isFirstValue(initial: TypedExpression, context: Context): boolean {
  const [on] = initial.latents;
  if (on !== undefined) context.report(errors.initialDependsOnLatent(initial.span, on.name));
  return on === undefined;
}

/** A family of whole vectors has the size of its latent, or of its vectors, or of those of the prior. */
function sizedFamily(
  definition: Distribution,
  given: readonly Given[],
  prior: Prior | null,
  context: Context,
): Distribution {
  const own = definition.parameters.flatMap((p, i) => {
    const size = given[i]?.value?.type.size ?? null;
    return p.type.size === null || !isSized(size) ? [] : [size];
  });
  const ofLatent = definition.result.size === null ? null : (prior?.latent.type.size ?? null);
  const ofPrior = prior === null ? null : sizeOf(prior.distribution);
  const size = (isSized(ofLatent) ? ofLatent : null) ?? own[0] ?? ofPrior;
  return size === null ? definition : specialise(definition, size, context);
}

type Callee = {
  readonly family: Distribution;
  readonly latent: Latent | null;
  readonly constants: ReturnType<typeof constantArguments>;
  /** Any of the family's arguments is. */
  readonly isComputed: boolean;
  /** Whether moments give all that is learned; what they do not give is left to methods that follow gradients. */
  readonly hasMoments: boolean;
};

function checkArgument(
  parameter: Argument,
  { syntax, value, learned }: Given,
  callee: Callee,
  context: Context,
): GuideArgument | null {
  const isValid = value !== null && isValidValue(parameter, value, syntax.kind, callee, context);
  if (syntax.kind !== "learn") {
    if (!isValid) return null;
    return isFixed(syntax, value, learned)
      ? { kind: "fixed", parameter, value }
      : { kind: "computed", parameter, value, learned };
  }
  const over = checkOver(syntax, callee.latent, context);
  const isLearned = callee.isComputed || isLearnableParameter(parameter, syntax.span, callee, context);
  if (isLearned && !callee.hasMoments && syntax.initial === null) {
    const latent = callee.latent?.name ?? "";
    const why = callee.isComputed
      ? `where an argument of the guide of '${latent}' is computed`
      : `for what is learned of '${callee.family.name}'`;
    return context.report(errors.learnNeedsInitial(syntax.span, why));
  }
  if (value !== null && !isFirstValue(value, context)) return null;
  if (!isLearned || over === null || (syntax.initial !== null && !isValid)) return null;
  return { kind: "learned", parameter, initial: value, over };
}

/** False, after a report, if the expression cannot be a value (or a first value) of the parameter. */
function isValidValue(
  parameter: Argument,
  value: TypedExpression,
  kind: Expression["kind"],
  { family, latent, constants }: Callee,
  context: Context,
): boolean {
  // The first value of a learned vector may be one number for all its elements.
  const repeated = kind === "learn" && parameter.type.size !== null && value.type.size === null;
  if (!repeated && !checkArgumentType(parameter, value, family.name, context)) return false;
  const { size } = value.type;
  const own = latent?.type.size ?? null;
  const wanted = parameter.type.size;
  const takesScalar = wanted === null;
  if (wanted !== null && size !== null && wanted !== size && showSize(wanted) !== showSize(size)) {
    context.report(errors.differentSizes(value.span, showSize(wanted), showSize(size)));
    return false;
  }
  if (takesScalar && size !== null && isWhole(family)) {
    const what = `'${parameter.name}' of '${family.name}'`;
    context.report(errors.needScalar(value.span, what, describeType(value.type)));
    return false;
  }
  if (takesScalar && latent !== null && size !== null && (own === null || showSize(own) !== showSize(size))) {
    const declared = describeType(latent.type);
    context.report(errors.guideArgumentSize(value.span, latent.name, declared, showSize(size)));
    return false;
  }
  const violated = violatedConstraint(parameter, value, constants);
  if (violated === null) return true;
  const message = kind === "learn" ? errors.initialConstraint : errors.argumentConstraint;
  context.report(message(value.span, parameter.name, family.name, violated.constraint, violated.value));
  return false;
}

/** Whether the family's moments give the parameter. */
const hasFit = (family: Distribution, parameter: string): boolean =>
  isLearnable(family) && family.fit !== null && family.fit.values.has(parameter);

/** False, after a report, where neither moments nor gradients can move the parameter. */
function isLearnableParameter(
  parameter: Argument,
  span: Span,
  { family, latent }: Callee,
  context: Context,
): boolean {
  if (hasFit(family, parameter.name) || hasUnconstrainedScale(parameter)) return true;
  const others = context.library.learnableFamilies.filter((name) => {
    const other = latent === null ? null : context.library.distribution(name);
    return other && latent
      ? isSameSupport(supportOf(other, [], latent.type.size, context), latent.type)
      : false;
  });
  const learnable = family.parameters.filter((p) => hasFit(family, p.name) || hasUnconstrainedScale(p));
  const names = learnable.map((p) => p.name);
  context.report(errors.notLearnable(span, parameter.name, family.name, names, others));
  return false;
}

/** Gradients move reals that are unbounded, above 0 or between 0 and 1, on a scale without bounds. */
function hasUnconstrainedScale({ type: { base, constraint, lower, upper } }: Argument): boolean {
  if (base === "int" || constraint !== null) return false;
  const [from, to] = [lower && constantValue(lower), upper && constantValue(upper)];
  return lower === null ? upper === null : from === 0 && (upper === null || to === 1);
}

/** The plates over which a learned parameter varies, in the order of the latent's; null after a report. */
function checkOver(syntax: LearnSyntax, latent: Latent | null, context: Context): readonly Plate[] | null {
  const all = latent?.plates ?? context.open;
  if (syntax.over === null) return all;
  const named = syntax.over.map((name) => {
    const plate = findPlate(name, context);
    if (plate === null || all.includes(plate)) return plate;
    return context.report(errors.learnOverPlate(name, latent?.name ?? ""));
  });
  return named.every((plate) => plate !== null) ? all.filter((plate) => named.includes(plate)) : null;
}
