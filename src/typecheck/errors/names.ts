// Messages about names: unknown, declared twice, used in the wrong place.
import { replaceBy, type Diagnostic } from "../../diagnostic.js";
import type { Name, Span } from "../../source.js";

/** A place where something was declared, and what it is ("a latent"). */
export type Declared = { readonly what: string; readonly span: Span };

/** A hint for a misspelt name, and the fix. */
export const suggest = (
  { span }: Name,
  suggestion: string | undefined,
): Pick<Diagnostic, "hint" | "fixes"> =>
  suggestion === undefined
    ? {}
    : { hint: `did you mean '${suggestion}'?`, fixes: [replaceBy(span, suggestion)] };

const declaredHere = (name: string, first: Declared): Pick<Diagnostic, "related"> => ({
  related: [{ span: first.span, message: `'${name}' is declared here as ${first.what}` }],
});

/** A name that stands for nothing. `callable`: a function has that name. */
export const unknownVariable = (name: Name, suggestion?: string, callable = false): Diagnostic => ({
  code: "E0201",
  severity: "error",
  span: name.span,
  message: `there is no variable named '${name.text}' here`,
  ...(callable
    ? { hint: `'${name.text}' is a function: call it with parentheses, '${name.text}(...)'` }
    : suggest(name, suggestion)),
});

export const unknownFunction = (name: Name, suggestion?: string): Diagnostic => ({
  code: "E0202",
  severity: "error",
  span: name.span,
  message: `there is no function named '${name.text}'`,
  ...suggest(name, suggestion),
});

export const unknownDistribution = (name: Name, suggestion?: string): Diagnostic => ({
  code: "E0203",
  severity: "error",
  span: name.span,
  message: `there is no distribution named '${name.text}'`,
  ...suggest(name, suggestion),
});

export const unknownPlate = (name: Name, suggestion?: string): Diagnostic => ({
  code: "E0204",
  severity: "error",
  span: name.span,
  message: `there is no plate named '${name.text}'`,
  hint: `declare it in the data block: 'plate ${name.text};'`,
  ...suggest(name, suggestion),
});

/** An item of a distribution names a parameter that the distribution does not have. */
export const unknownParameter = (name: Name, distribution: string, suggestion?: string): Diagnostic => ({
  code: "E0205",
  severity: "error",
  span: name.span,
  message: `the distribution '${distribution}' has no parameter named '${name.text}'`,
  ...suggest(name, suggestion),
});

export const declaredTwice = (name: Name, first: Declared): Diagnostic => ({
  code: "E0206",
  severity: "error",
  span: name.span,
  message: `the name '${name.text}' is already taken: it is ${first.what}`,
  hint: "give one of the two another name",
  ...declaredHere(name.text, first),
});

export const reservedName = (name: Name): Diagnostic => ({
  code: "E0207",
  severity: "error",
  span: name.span,
  message: `'${name.text}' is a word of the language and cannot be used as a name`,
  hint: `choose another name, such as '${name.text}_'`,
});

export const latentTwice = (name: Name, first: Span): Diagnostic => ({
  code: "E0208",
  severity: "error",
  span: name.span,
  message: `the latent '${name.text}' has two '~' statements, but a latent has one prior`,
  hint: "remove one of them, or add the second as a factor with 'target += ...;'",
  related: [{ span: first, message: `its first '~' is here` }],
});

export const observedTwice = (name: Name, first: Span): Diagnostic => ({
  code: "E0209",
  severity: "error",
  span: name.span,
  message: `'${name.text}' is observed twice, so it would count twice`,
  hint: "remove one of the two '~' statements",
  related: [{ span: first, message: "it is first observed here" }],
});

/** A name that is declared only further down. */
export const usedBefore = (name: Name, declaration: Span): Diagnostic => ({
  code: "E0210",
  severity: "error",
  span: name.span,
  message: `'${name.text}' is used before it is declared`,
  hint: `move the statement that declares '${name.text}' above this one`,
  related: [{ span: declaration, message: `'${name.text}' is declared here` }],
});

export const plateAsValue = (name: Name, declaration: Span): Diagnostic => ({
  code: "E0211",
  severity: "error",
  span: name.span,
  message: `'${name.text}' is a plate, not a value`,
  hint: "for the number of its elements, declare an int in the data block",
  related: [{ span: declaration, message: `plate '${name.text}' is declared here` }],
});

export const distributionAsFunction = (name: Name): Diagnostic => ({
  code: "E0212",
  severity: "error",
  span: name.span,
  message: `'${name.text}' is a distribution, not a function: it stands only to the right of '~'`,
  hint: `its log density is a function: '${name.text}_lpdf(y | ...)', or '_lpmf' for ints`,
});

export const functionAsDistribution = (name: Name): Diagnostic => ({
  code: "E0213",
  severity: "error",
  span: name.span,
  message: `'${name.text}' is a function, not a distribution`,
  hint: "for a deterministic value write 'real name = expression;'",
});

/** The functions block defines a name that the language or its library already has. */
export const functionClash = (name: Name, what: "function" | "distribution"): Diagnostic => ({
  code: "E0214",
  severity: "error",
  span: name.span,
  message: `the library already has a ${what} named '${name.text}'`,
  hint: "give yours another name",
});

/** `right`: the name with the suffix that the family's values ask for. */
export const densityOrMass = (
  name: Name,
  family: string,
  isDiscrete: boolean,
  right: string,
): Diagnostic => ({
  code: "E0216",
  severity: "error",
  span: name.span,
  message: `there is no function '${name.text}', because the values of '${family}' are ${isDiscrete ? "ints" : "reals"}`,
  hint: `write '${right}'`,
  fixes: [replaceBy(name.span, right)],
});

export const noDistributionFunction = (name: Name, family: string): Diagnostic => ({
  code: "E0217",
  severity: "error",
  span: name.span,
  message: `there is no function '${name.text}', because '${family}' does not say what its distribution function is`,
});

export const recursiveFunction = (name: Name, what: "function" | "distribution"): Diagnostic => ({
  code: "E0215",
  severity: "error",
  span: name.span,
  message: `the ${what} '${name.text}' calls itself, directly or through others, which cannot be compiled`,
});

export const unusedData = (name: Name): Diagnostic => ({
  code: "W0201",
  severity: "warning",
  span: name.span,
  message: `the data '${name.text}' is never used`,
  hint: "remove it, or use it",
});
