// Messages about what the language has and this compiler does not: each says so, and a way round where there is one.
import { errorAt, type Diagnostic } from "../../diagnostic.js";
import type { Span } from "../../source.js";

const notYet = (code: string, span: Span, what: string, hint?: string): Diagnostic =>
  errorAt(code, span, `${what} not yet supported`, { hint });

export const constrainedType = (span: Span, type: string): Diagnostic =>
  notYet(
    "E0482",
    span,
    `the type '${type}' with as many columns as you say is`,
    `'${type}[n]' has n rows and n columns`,
  );

export const offsetMultiplier = (span: Span): Diagnostic =>
  notYet(
    "E0484",
    span,
    "'offset' and 'multiplier' are",
    "remove them: the guide learns the place and the scale",
  );

export const truncation = (span: Span, distribution: string): Diagnostic =>
  notYet(
    "E0485",
    span,
    `truncation of '${distribution}' is`,
    "it needs the distribution function, and the library does not say that of this distribution",
  );

export const generatedIf = (span: Span): Diagnostic =>
  notYet(
    "E0486",
    span,
    "'if' in the generated block is",
    "for a value that depends on a condition write 'condition ? a : b'",
  );

export const generatedFor = (span: Span): Diagnostic =>
  notYet(
    "E0487",
    span,
    "'for' in the generated block is",
    "give every quantity a name of its own, or use a plate",
  );

/** `which`: "of plates", "in the guide". */
export const parametersBlock = (span: Span, which: string): Diagnostic =>
  notYet(
    "E0488",
    span,
    `parameters of the model ${which} are`,
    "parameters are reals and vectors without plates, between numbers, and stand in the model block",
  );

export const previousOutsideModel = (span: Span, block: string): Diagnostic =>
  notYet("E0489", span, `'prev' in the '${block}' block is`);

export const severalIndices = (span: Span): Diagnostic =>
  notYet(
    "E0495",
    span,
    "more than one index of a vector is",
    "vectors have one, 'beta[2]', and matrices two, 'A[1, 2]'",
  );

export const vectorOfVectors = (span: Span): Diagnostic =>
  notYet(
    "E0496",
    span,
    "a vector of vectors is",
    "written out it may be indexed at once: '[a, b][k]' is the vector 'a' or 'b'",
  );

export const discreteVector = (span: Span, latent: string): Diagnostic =>
  notYet(
    "E0499",
    span,
    `a vector of discrete latents ('${latent}') is`,
    "use a plate, with one latent per element",
  );
