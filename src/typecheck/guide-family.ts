// The family that a guide gives a latent: `x ~ normal(learn(0), 1)`.
import type { GuideArgument as ArgumentSyntax, GuideCall } from "../parser/ast.js";
import type { Span } from "../source.js";
import { checkArgumentType, constantArguments, violatedConstraint } from "./arguments.js";
import { findPlate } from "./data.js";
import { defaultFamilyName, isLearnable, type Prior } from "./default-guide.js";
import * as errors from "./errors.js";
import { checkExpression } from "./expression.js";
import { findDistribution, isArgumentCount, isSameSupport, supportOf } from "./family.js";
import type {
  Argument,
  Distribution,
  Guide,
  GuideArgument,
  Latent,
  Plate,
  TypedExpression,
} from "./model.js";
import type { Context } from "./scope.js";
import { describeType, describeValues } from "./show.js";
import { showSize } from "./types.js";

/** An argument with its checked expression; `value` is null where it has none, or one with a mistake. */
type Given = { readonly syntax: ArgumentSyntax; readonly value: TypedExpression | null };

/** The guide of `prior`'s latent (null: of an unknown one, whose family is checked all the same); null after reports. */
export function checkGuideCall(
  call: GuideCall,
  prior: Prior | null,
  span: Span,
  context: Context,
): Guide | null {
  const given = call.args.map((syntax): Given => {
    const e = syntax.kind === "expression" ? syntax.value : syntax.initial;
    return { syntax, value: e === null ? null : checkExpression(e, context) };
  });
  const family = findDistribution(call.name, context);
  if (family === null || !isArgumentCount(call.name, given.length, family, context)) return null;
  if (family.draw === null) return context.report(errors.guideNeedsDraw(call.name));
  const latent = prior?.latent ?? null;
  const values = given.map(({ value }) => value);
  const constants = constantArguments(family.parameters, values);
  const args = family.parameters.flatMap((parameter, i) => {
    const arg = given[i];
    if (arg === undefined) return [];
    return checkArgument(parameter, arg, { family, latent, constants }, context) ?? [];
  });
  if (prior === null || latent === null || args.length < given.length) return null;
  const fixed = args.map((arg) => (arg.kind === "fixed" ? arg.value : null));
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
  return { latent, distribution: family, args, isDefault: false, span };
}

type Callee = {
  readonly family: Distribution;
  readonly latent: Latent | null;
  readonly constants: ReturnType<typeof constantArguments>;
};

function checkArgument(
  parameter: Argument,
  given: Given,
  callee: Callee,
  context: Context,
): GuideArgument | null {
  const { syntax, value } = given;
  const isValid = value !== null && isValidValue(parameter, value, syntax.kind, callee, context);
  if (syntax.kind === "expression") return isValid ? { kind: "fixed", parameter, value } : null;
  const over = checkOver(syntax, callee.latent, context);
  const isLearned = isLearnableParameter(parameter, syntax.span, callee, context);
  if (!isLearned || over === null || (syntax.initial !== null && !isValid)) return null;
  return { kind: "learned", parameter, initial: value, over };
}

/** False, after a report, if the expression cannot be a value (or a first value) of the parameter. */
function isValidValue(
  parameter: Argument,
  value: TypedExpression,
  kind: ArgumentSyntax["kind"],
  { family, latent, constants }: Callee,
  context: Context,
): boolean {
  if (!checkArgumentType(parameter, value, family.name, context)) return false;
  const [on] = value.latents;
  if (on !== undefined) {
    context.report(errors.guideDependsOnLatent(value.span, on.name));
    return false;
  }
  const { size } = value.type;
  const own = latent?.type.size ?? null;
  const takesScalar = parameter.type.size === null;
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

function isLearnableParameter(
  parameter: Argument,
  span: Span,
  { family, latent }: Callee,
  context: Context,
): boolean {
  const fitted = isLearnable(family) && family.fit !== null ? [...family.fit.values.keys()] : [];
  if (fitted.includes(parameter.name)) return true;
  const others = context.library.learnableFamilies.filter((name) => {
    const other = latent === null ? null : context.library.distribution(name);
    return other && latent
      ? isSameSupport(supportOf(other, [], latent.type.size, context), latent.type)
      : false;
  });
  context.report(errors.notLearnable(span, parameter.name, family.name, fitted, others));
  return false;
}

/** The plates over which a learned parameter varies, in the order of the latent's; null after a report. */
function checkOver(
  syntax: Extract<ArgumentSyntax, { kind: "learn" }>,
  latent: Latent | null,
  context: Context,
): readonly Plate[] | null {
  const all = latent?.plates ?? context.open;
  if (syntax.over === null) return all;
  const named = syntax.over.map((name) => {
    const plate = findPlate(name, context);
    if (plate === null || all.includes(plate)) return plate;
    return context.report(errors.learnOverPlate(name, latent?.name ?? ""));
  });
  return named.every((plate) => plate !== null) ? all.filter((plate) => named.includes(plate)) : null;
}
