// Messages about distributions: their arguments, what they are given to, and their definitions.
import type { Diagnostic } from "../../diagnostic.js";
import type { Name, Span } from "../../source.js";

export const distributionArgumentCount = (name: Name, given: number, signature: string): Diagnostic => ({
  code: "E0431",
  severity: "error",
  span: name.span,
  message: `'${name.text}' cannot have ${given} argument${given === 1 ? "" : "s"}`,
  hint: `it is written ${signature}`,
});

export const argumentType = (
  span: Span,
  parameter: string,
  callee: string,
  needed: string,
  actual: string,
): Diagnostic => ({
  code: "E0432",
  severity: "error",
  span,
  message: `'${parameter}' of '${callee}' must be ${needed}, but this is ${actual}`,
});

/** `constraint`: "at least 0". */
export const argumentConstraint = (
  span: Span,
  parameter: string,
  callee: string,
  constraint: string,
  value: number,
): Diagnostic => ({
  code: "E0433",
  severity: "error",
  span,
  message: `'${parameter}' of '${callee}' must be ${constraint}, but this is ${value}`,
});

export const discreteNeedsInt = (
  name: Name,
  distribution: string,
  actual: string,
  declaration: Span,
): Diagnostic => ({
  code: "E0434",
  severity: "error",
  span: name.span,
  message: `'${distribution}' is a distribution of ints, but '${name.text}' is ${actual}`,
  hint: `declare '${name.text}' as an int`,
  related: [{ span: declaration, message: `'${name.text}' is declared here` }],
});

/** A latent is declared as an int but has a distribution of reals, or the other way round. */
export const latentBase = (
  span: Span,
  name: string,
  declared: string,
  distribution: string,
  returns: string,
): Diagnostic => ({
  code: "E0435",
  severity: "error",
  span,
  message: `'${name}' is declared as ${declared}, but '${distribution}' is a distribution of ${returns}s`,
});

export const latentSize = (span: Span, name: string, declared: string, size: string): Diagnostic => ({
  code: "E0436",
  severity: "error",
  span,
  message: `'${name}' is ${declared}, but this argument is a vector of size ${size}`,
  hint: declared.includes("vector")
    ? "the two sizes must be the same"
    : `declare it as 'vector[${size}] ${name}'`,
});

export const observedSize = (name: Name, actual: string, size: string): Diagnostic => ({
  code: "E0437",
  severity: "error",
  span: name.span,
  message: `'${name.text}' is ${actual}, but its distribution has an argument that is a vector of size ${size}`,
});

/** A local that depends on a latent stands to the left of `~`. */
export const observedNotData = (name: Name, latent: string): Diagnostic => ({
  code: "E0438",
  severity: "error",
  span: name.span,
  message: `'${name.text}' depends on the latent '${latent}', so it cannot be observed`,
  hint: "to add a factor, write its log density with 'target += ...;'",
});

/** A simplex from a distribution of something else. */
export const notOfConstraint = (
  span: Span,
  name: string,
  declared: string,
  distribution: string,
): Diagnostic => ({
  code: "E0449",
  severity: "error",
  span,
  message: `'${name}' is declared as ${declared}, but '${distribution}' is not a distribution of such vectors`,
});

/** A family that takes whole vectors and gives one number. */
export const givesOneNumber = (
  span: Span,
  name: string,
  declared: string,
  distribution: string,
  returns: string,
): Diagnostic => ({
  code: "E0467",
  severity: "error",
  span,
  message: `'${name}' is declared as ${declared}, but '${distribution}' gives one ${returns}`,
  hint: "use a plate, with one value per element",
});

export const emptySupport = (span: Span, name: string, lower: number, upper: number): Diagnostic => ({
  code: "E0439",
  severity: "error",
  span,
  message: `'${name}' can have no value: its type and its distribution ask for one that is at least ${lower} and at most ${upper}`,
});

export const missingLogDensity = (name: Name): Diagnostic => ({
  code: "E0440",
  severity: "error",
  span: name.span,
  message: `the distribution '${name.text}' has no 'log_density'`,
  hint: "add 'log_density(y) = ...;'",
});

export const itemTwice = (span: Span, item: string): Diagnostic => ({
  code: "E0441",
  severity: "error",
  span,
  message: `'${item}' is defined twice in this distribution`,
});

export const momentCount = (span: Span, moments: number, statistics: number): Diagnostic => ({
  code: "E0442",
  severity: "error",
  span,
  message: `'fit' takes ${moments} moment${moments === 1 ? "" : "s"}, but there ${statistics === 1 ? "is 1 statistic" : `are ${statistics} statistics`}`,
  hint: "it takes the mean of each statistic, in their order",
});

export const latentNeedsDraw = (span: Span, latent: string, distribution: string): Diagnostic => ({
  code: "E0469",
  severity: "error",
  span,
  message: `'${latent}' cannot be a latent, because '${distribution}' does not say how to draw from it`,
  hint: `only data can have this distribution; if '${latent}' is data, declare it in the data block`,
});

export const cumulativeItems = (span: Span): Diagnostic => ({
  code: "E0446",
  severity: "error",
  span,
  message: "'log_cdf', 'log_ccdf' and 'quantile' go together, in a distribution of single numbers",
  hint: "add the others, or remove this one",
});

export const mixedStatistics = (span: Span): Diagnostic => ({
  code: "E0468",
  severity: "error",
  span,
  message:
    "some statistics of this distribution are numbers and others vectors: they must be all of one kind",
});

export const fitWithoutStatistics = (span: Span): Diagnostic => ({
  code: "E0443",
  severity: "error",
  span,
  message: "'fit' needs the sufficient statistics whose means it takes",
  hint: "add 'statistics(y) = (...);'",
});

/** `what` is wrong with it: a whole clause. */
export const badCheck = (span: Span, what: string): Diagnostic => ({
  code: "E0444",
  severity: "error",
  span,
  message: `this check cannot be run: ${what}`,
});

export const guidesBound = (span: Span): Diagnostic => ({
  code: "E0445",
  severity: "error",
  span,
  message: "a bound after 'guides' must be a number or the name of a parameter that takes the bound",
});

export const noLatents = (span: Span): Diagnostic => ({
  code: "E0447",
  severity: "error",
  span,
  message: "this model has no latents, so there is nothing to infer",
  hint: "a latent is a name that is not in the data block: 'mu ~ normal(0, 1);'",
});

export const noObservations = (span: Span): Diagnostic => ({
  code: "W0402",
  severity: "warning",
  span,
  message: "this model observes nothing, so its posterior is its prior",
  hint: "an observation is a '~' statement whose left side is in the data block",
});

/** A prior that cannot be drawn from: improper, or a density without a `draw`. */
export const improperPrior = (span: Span, latent: string, family: string): Diagnostic => ({
  code: "W0403",
  severity: "warning",
  span,
  message: `the prior '${family}' of '${latent}' has no draws, so the data alone must make its posterior proper`,
  hint: "the fit starts from a wide distribution; a proper prior, even a wide one, is safer",
});

export const predictionConstraint = (span: Span, name: string): Diagnostic => ({
  code: "E0428",
  severity: "error",
  span,
  message: `'${name}' is drawn from its distribution, so it cannot have a constraint`,
  hint: "remove the bounds: they are written on data and latents",
});

export const predictionNeedsDraw = (family: Name): Diagnostic => ({
  code: "E0429",
  severity: "error",
  span: family.span,
  message: `nothing can be drawn from '${family.text}', because it does not say how`,
  hint: "add 'draw = ...;' to its definition, or choose another family",
});
