// Diagnostics of the contraction: models whose combinations no order of summing makes affordable.
import type { Diagnostic } from "../diagnostic.js";
import type { Span } from "../source.js";

const list = (names: readonly string[]): string => names.map((n) => `'${n}'`).join(" and ");

/** A factor joins latents of plates that cross, so that all elements of both are tied together. */
export const crossedLatents = (factor: string, groups: readonly string[], span: Span): Diagnostic => ({
  code: "E0901",
  severity: "error",
  message: `'${factor}' joins the latents of ${list(groups)}, whose plates cross: every element of one plate is tied to every element of the other, and their particles cannot be summed out`,
  span,
  hint: "nest one plate in the other, or give the latents of one plate values that do not depend on particles (data, a transformed constant)",
});

/** The steps of a series depend on latents that vary along its plate without being part of it. */
export const seriesNotAlone = (
  series: string,
  groups: readonly string[],
  along: string,
  span: Span,
): Diagnostic => ({
  code: "E0903",
  severity: "error",
  message: `'${series}' is a series along '${along}' for every element of another plate, and its steps depend on ${list(groups)}, which varies along '${along}' too: that ties all the series to each other, and their particles cannot be summed out`,
  span,
  hint: `let the series depend on latents that do not vary along '${along}'`,
});

/** A table of the contraction is larger than the device can hold. */
export const contractionTooLarge = (
  joined: readonly string[],
  terms: readonly string[],
  table: string,
  bytes: number,
  limit: number,
  fittingK: number,
  span: Span,
): Diagnostic => ({
  code: "E0902",
  severity: "error",
  message: `the contraction that joins ${list(joined)} (through ${list(terms)}) needs a table of ${table}, ${megabytes(bytes)} where ${megabytes(limit)} is the most`,
  span,
  hint:
    fittingK >= 2
      ? `-K ${fittingK} would fit; or put some of these latents into one group, so that they share a particle axis`
      : "put some of these latents into one group, so that they share a particle axis",
});

const megabytes = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** A quantity, or what was asked for, needs joint weights that no order of summing gives. `of`: the quantity's name. */
export const jointIntractable = (
  of: string | null,
  groups: readonly string[],
  span: Span | undefined,
): Diagnostic => ({
  code: "E0904",
  severity: "error",
  message: `${of === null ? "what is asked for" : `'${of}'`} needs the joint posterior of ${list(groups)}, which cannot be computed: with it, all elements of a plate are tied to each other, and their particles cannot be summed out`,
  ...(span === undefined ? {} : { span }),
  hint: "leave it out here: posterior draws (draws.csv) have all latents jointly, and it can be computed from them",
});

/** The global estimator has one group of all latents, of which only a part would be one normal. */
export const globalCorrelated = (group: string, span: Span): Diagnostic => ({
  code: "E0905",
  severity: "error",
  message: `the global estimator of group '${group}', which is one normal beside other latents or one for every element of a plate, is not yet supported`,
  span,
  hint: "leave ': multi_normal' out for the global estimator",
});
