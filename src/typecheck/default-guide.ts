// The guide of a latent that the guide block gives no family: the prior's own family, or the one for its support.
import type { Diagnostic } from "../diagnostic.js";
import type { Span } from "../source.js";
import { constantValue } from "./constants.js";
import * as errors from "./errors.js";
import { isSameSupport, supportOf } from "./family.js";
import type {
  Argument,
  Distribution,
  Factor,
  Guide,
  GuideArgument,
  Latent,
  TypedExpression,
} from "./model.js";
import type { Context } from "./scope.js";
import { specialise } from "./specialise.js";
import { describeValues } from "./show.js";
import { isSized } from "./types.js";

export type Prior = Factor & { kind: "prior" };

/** True where the parameters of the family can be learned from moments of particles drawn from it. */
export const isLearnable = (family: Distribution): boolean =>
  family.fit !== null && family.statistics !== null && family.draw !== null;

/** The default guide, every parameter that its family fits learned for each element of the latent's plates. */
export function defaultGuide(prior: Prior, span: Span, context: Context): Guide | Diagnostic {
  const { latent, distribution } = prior;
  if (hasOwnFamily(prior, context)) {
    const fixed = new Map(distribution.parameters.map((p, i) => [p, prior.args[i]]));
    return assemble(latent, distribution, fixed, span);
  }
  const family = familyForSupport(latent, context);
  if (family === null) return errors.noDefaultGuide(span, latent.name, describeValues(latent.type));
  return assemble(latent, family, boundsOf(latent, family), span);
}

/** The guide of a latent whose group is one normal on the unconstrained scale: the library's transform of a normal to its support. */
export function normalGuide({ latent }: Prior, span: Span, context: Context): Guide | Diagnostic {
  const family = familyForSupport(latent, context, isTransformedNormal);
  if (family === null) return errors.notNormalizable(span, latent.name, describeValues(latent.type));
  return assemble(latent, family, boundsOf(latent, family), span);
}

/** True where a draw is a function of one standard normal, itself the quantile at one uniform. */
function isTransformedNormal({ draw }: Distribution): boolean {
  const isUniform = (e: TypedExpression | undefined): boolean =>
    e?.kind === "reference" && e.variable.kind === "local"
      ? isUniform(e.variable.value)
      : e?.kind === "random" && e.primitive === "std_uniform";
  const normals = (e: TypedExpression): number => {
    switch (e.kind) {
      case "literal":
        return 0;
      case "reference":
        return e.variable.kind === "local" ? normals(e.variable.value) : 0;
      case "apply":
      case "call": {
        if (e.kind === "apply" && e.op === "inv_Phi" && isUniform(e.args[0])) return 1;
        const own = e.kind === "call" ? normals(e.callee.value) : 0;
        return e.args.reduce((sum, arg) => sum + normals(arg), own);
      }
      default:
        return Infinity;
    }
  };
  return draw !== null && normals(draw) === 1;
}

/** The name of the family that a latent has by default, for hints. */
export function defaultFamilyName(prior: Prior, context: Context): string | null {
  if (prior.latent.type.base === "int" || hasOwnFamily(prior, context)) return prior.distribution.name;
  return familyForSupport(prior.latent, context)?.name ?? null;
}

/** The prior's family is the guide's where it can be learned and no bound of the latent narrows its support. */
function hasOwnFamily({ latent, distribution, args }: Prior, context: Context): boolean {
  const own = supportOf(distribution, args, latent.type.size, context);
  return isLearnable(distribution) && isSameSupport(latent.type, own);
}

/** The library's family for a support; one with the very bounds is preferred to one that takes them as parameters. */
function familyForSupport(
  latent: Latent,
  context: Context,
  isWanted: (family: Distribution) => boolean = () => true,
): Distribution | null {
  const matches = context.library.defaultGuides.flatMap((name) => {
    const family = context.library.distribution(name);
    if (!family?.guides || !isLearnable(family) || family.result.base !== latent.type.base) return [];
    const { lower, upper, constraint } = family.guides;
    if (constraint !== latent.type.constraint) return [];
    const isMatch = isWanted(family) && takes(lower, latent.type.lower) && takes(upper, latent.type.upper);
    return isMatch ? [{ family, taken: [lower, upper].filter((b) => typeof b === "string").length }] : [];
  });
  const best = matches.sort((a, b) => a.taken - b.taken)[0]?.family ?? null;
  const { size } = latent.type;
  return best === null || !isSized(size) ? best : specialise(best, size, context);
}

function takes(guides: string | number | null, bound: TypedExpression | null): boolean {
  if (guides === null || bound === null) return guides === null && bound === null;
  return typeof guides === "string" || constantValue(bound) === guides;
}

/** The parameters that take the latent's bounds. */
function boundsOf(latent: Latent, family: Distribution): ReadonlyMap<Argument, TypedExpression | undefined> {
  const { lower, upper } = latent.type;
  return new Map(
    family.parameters.map((p) => {
      const bound = family.guides?.lower === p.name ? lower : family.guides?.upper === p.name ? upper : null;
      return [p, bound ?? undefined];
    }),
  );
}

function assemble(
  latent: Latent,
  family: Distribution,
  fixed: ReadonlyMap<Argument, TypedExpression | undefined>,
  span: Span,
): Guide | Diagnostic {
  const args: GuideArgument[] = [];
  for (const parameter of family.parameters) {
    if (family.fit?.values.has(parameter.name) === true) {
      args.push({ kind: "learned", parameter, initial: null, over: latent.plates });
      continue;
    }
    const value = fixed.get(parameter);
    if (value === undefined) return errors.noDefaultGuide(span, latent.name, describeValues(latent.type));
    const [on] = value.latents;
    if (on !== undefined)
      return value === latent.type.lower || value === latent.type.upper
        ? errors.boundDepends(span, latent.name, on.name)
        : errors.defaultGuideDepends(span, latent.name, parameter.name, family.name, on.name);
    args.push({ kind: "fixed", parameter, value });
  }
  return { latent, distribution: family, args, isDefault: true, parents: [], span };
}
