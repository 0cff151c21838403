// Messages about the guide: its entries, groups and families.
import type { Diagnostic } from "../../diagnostic.js";
import type { Name, Span } from "../../source.js";
import { suggest } from "./names.js";

const list = (plates: readonly string[]): string =>
  plates.length === 0 ? "outside all plates" : `inside ${plates.map((p) => `plate '${p}'`).join(", ")}`;

export const unknownLatent = (name: Name, isData: boolean, suggestion?: string): Diagnostic => ({
  code: "E0450",
  severity: "error",
  span: name.span,
  message: isData
    ? `'${name.text}' is not a latent, and the guide names only latents`
    : `there is no latent named '${name.text}' in the model`,
  ...suggest(name, isData ? undefined : suggestion),
});

export const guideTwice = (name: Name, first: Span): Diagnostic => ({
  code: "E0451",
  severity: "error",
  span: name.span,
  message: `the guide names the latent '${name.text}' twice`,
  related: [{ span: first, message: "it is named here first" }],
});

export const guidePlates = (
  name: Name,
  declaration: Span,
  has: readonly string[],
  here: readonly string[],
): Diagnostic => ({
  code: "E0452",
  severity: "error",
  span: name.span,
  message: `the latent '${name.text}' is ${list(has)}, but this entry of the guide is ${list(here)}`,
  hint:
    has.length === 0
      ? "move the entry out of the plates"
      : `write it as '${has.map((p) => `plate ${p} { `).join("")}${name.text} ...;${" }".repeat(has.length)}'`,
  related: [{ span: declaration, message: `'${name.text}' is declared here` }],
});

export const groupPlates = (name: Name, group: string, first: string): Diagnostic => ({
  code: "E0453",
  severity: "error",
  span: name.span,
  message: `'${name.text}' and '${first}' are in different plates, so they cannot share the particles of group '${group}'`,
  hint: "make a group for each",
});

/** `support`, `needed`: "every real number", "reals that are at least 0". */
export const guideSupport = (
  span: Span,
  family: string,
  support: string,
  latent: string,
  needed: string,
  defaultFamily: string | null,
): Diagnostic => ({
  code: "E0454",
  severity: "error",
  span,
  message: `'${family}' gives ${support}, but the values of '${latent}' are ${needed}`,
  ...(defaultFamily === null
    ? {}
    : { hint: `use a family with the same values, such as '${defaultFamily}'` }),
});

export const notLearnable = (
  span: Span,
  parameter: string,
  family: string,
  learnable: readonly string[],
  families: readonly string[],
): Diagnostic => ({
  code: "E0455",
  severity: "error",
  span,
  message: `'${parameter}' of '${family}' cannot be learned`,
  hint:
    learnable.length > 0
      ? `of '${family}' these can: ${learnable.join(", ")}; give '${parameter}' a value`
      : `neither moments nor gradients move it${families.length > 0 ? `; families of the same values that can be learned: ${families.join(", ")}` : ""}`,
});

export const learnOverPlate = (plate: Name, latent: string): Diagnostic => ({
  code: "E0456",
  severity: "error",
  span: plate.span,
  message: `the latent '${latent}' is not in plate '${plate.text}', so its parameters cannot vary over it`,
});

export const noDefaultGuide = (span: Span, latent: string, values: string): Diagnostic => ({
  code: "E0457",
  severity: "error",
  span,
  message: `there is no default guide for '${latent}', whose values are ${values}`,
  hint: `give it a family in the guide: '${latent} ~ family(...);'`,
});

/** A bound of the latent, which its default guide would have, depends on another latent. */
export const boundDepends = (span: Span, latent: string, on: string): Diagnostic => ({
  code: "E0458",
  severity: "error",
  span,
  message: `the values of '${latent}' are bounded by the latent '${on}', which no guide can follow yet`,
  hint: `compute it from a latent with fixed bounds: 'share ~ uniform(0, 1);' and 'real ${latent} = share * ${on};'`,
});

/** An argument that the default guide would take from the prior depends on a latent. */
export const defaultGuideDepends = (
  span: Span,
  latent: string,
  parameter: string,
  family: string,
  on: string,
): Diagnostic => ({
  code: "E0466",
  severity: "error",
  span,
  message: `'${latent}' needs a guide of its own: the default one takes '${parameter}' of '${family}' from the prior, where it depends on the latent '${on}'`,
  hint: `give it one in the guide block: '${latent} ~ family(...);'`,
});

export const groupName = (name: Name, first: Span, what: string): Diagnostic => ({
  code: "E0459",
  severity: "error",
  span: name.span,
  message: `a group cannot be named '${name.text}': that is the name of ${what}`,
  related: [{ span: first, message: `'${name.text}' is declared here` }],
});

export const emptyGroup = (name: Name): Diagnostic => ({
  code: "E0460",
  severity: "error",
  span: name.span,
  message: `the group '${name.text}' holds no latents`,
});

export const nestedGroup = (name: Name): Diagnostic => ({
  code: "E0461",
  severity: "error",
  span: name.span,
  message: `the group '${name.text}' is inside another group`,
  hint: "a latent is in one group: end the outer group first",
});

export const learnOutsideGuide = (name: Name): Diagnostic => ({
  code: "E0462",
  severity: "error",
  span: name.span,
  message: "'learn' stands only as an argument of a family in the guide block",
});

/** `constraint`: "at least 0". */
export const initialConstraint = (
  span: Span,
  parameter: string,
  family: string,
  constraint: string,
  value: number,
): Diagnostic => ({
  code: "E0463",
  severity: "error",
  span,
  message: `'${parameter}' of '${family}' must be ${constraint}, so learning cannot start at ${value}`,
});

export const guideArgumentSize = (
  span: Span,
  latent: string,
  declared: string,
  size: string,
): Diagnostic => ({
  code: "E0464",
  severity: "error",
  span,
  message: `the latent '${latent}' is ${declared}, but this argument of its guide is a vector of size ${size}`,
});

export const guideNeedsDraw = (name: Name): Diagnostic => ({
  code: "E0465",
  severity: "error",
  span: name.span,
  message: `'${name.text}' cannot be a guide, because it does not say how to draw from it`,
  hint: "add 'draw = ...;' to its definition, or choose another family",
});

/** `reason`: why its values cannot be summed over, as a clause. */
export const notSummedOut = (latent: Name, reason: string): Diagnostic => ({
  code: "E0493",
  severity: "error",
  span: latent.span,
  message: `the discrete latent '${latent.text}' cannot be summed out: ${reason}`,
  hint: `give it a family in the guide, and it is sampled: '${latent.text} ~ family(...);'`,
});

/** `later`: where the guide names it; null: it is the latent itself. */
export const guideUsesLater = (span: Span, latent: string, on: string, later: Span | null): Diagnostic => ({
  code: "E0470",
  severity: "error",
  span,
  message:
    later === null
      ? `the guide of '${latent}' depends on '${latent}' itself`
      : `the guide of '${latent}' depends on '${on}', which comes later in the guide`,
  hint:
    later === null
      ? "it may depend on latents that come earlier in the guide"
      : `move the entry of '${on}' before this one; no latent's guide can depend on itself, not even by way of others`,
  ...(later === null ? {} : { related: [{ span: later, message: `'${on}' comes here` }] }),
});

/** `why`: where no moments give a first value. */
export const learnNeedsInitial = (span: Span, why: string): Diagnostic => ({
  code: "E0471",
  severity: "error",
  span,
  message: `this 'learn' needs a first value: no moments give one ${why}`,
  hint: "write it between the parentheses, as in 'learn(0)'",
});

export const initialDependsOnLatent = (span: Span, on: string): Diagnostic => ({
  code: "E0472",
  severity: "error",
  span,
  message: `the first value of a learned parameter cannot depend on the latent '${on}'`,
  hint: "use numbers and data; multiply or add the latent outside of 'learn(...)'",
});

export const guideUsesSummedOut = (span: Span, latent: string, on: string): Diagnostic => ({
  code: "E0473",
  severity: "error",
  span,
  message: `the guide of '${latent}' depends on '${on}', which is summed out and so has no particles`,
  hint: `give '${on}' a family in the guide, before '${latent}', and it is sampled: '${on} ~ family(...);'`,
});

export const groupFamily = (name: Name, known: string): Diagnostic => ({
  code: "E0474",
  severity: "error",
  span: name.span,
  message: `'${name.text}' is no family of groups`,
  hint: `a group is '${known}', or has no family: then its latents share particles and each keeps its own family`,
});

export const familyInCorrelatedGroup = (span: Span, latent: string, group: string): Diagnostic => ({
  code: "E0475",
  severity: "error",
  span,
  message: `'${latent}' cannot have a family of its own: group '${group}' is one normal over all its latents`,
  hint: `write '${latent};'`,
});

export const notNormalizable = (span: Span, latent: string, values: string): Diagnostic => ({
  code: "E0476",
  severity: "error",
  span,
  message: `'${latent}' cannot be part of a normal group: it is ${values}, which no transform of a normal gives`,
  hint: "leave it out of the group: it then gets particles and a family of its own",
});
