// Messages about types: ints, reals and vectors, sizes, bounds, functions and their arguments.
import type { Diagnostic } from "../../diagnostic.js";
import type { Name, Span } from "../../source.js";

export const differentSizes = (span: Span, a: string, b: string): Diagnostic => ({
  code: "E0401",
  severity: "error",
  span,
  message: `vectors of different sizes, ${a} and ${b}, are combined element by element`,
});

export const vectorTimesVector = (span: Span, operator: "*" | "/"): Diagnostic => ({
  code: "E0402",
  severity: "error",
  span,
  message: `two vectors cannot be combined with '${operator}'`,
  hint:
    operator === "*"
      ? "element by element it is '.*'; for the inner product write 'dot_product(a, b)', for the outer one 'a * b''"
      : "element by element it is './'",
});

/** `what`: the place that needs it, as a sentence's subject ("an operand of '%'"). */
export const needInt = (span: Span, what: string, actual: string): Diagnostic => ({
  code: "E0403",
  severity: "error",
  span,
  message: `${what} must be an int, but this is ${actual}`,
});

export const needScalar = (span: Span, what: string, actual: string, hint?: string): Diagnostic => ({
  code: "E0404",
  severity: "error",
  span,
  message: `${what} must be a single number, but this is ${actual}`,
  ...(hint === undefined ? {} : { hint }),
});

export const needVector = (span: Span, what: string, actual: string, needed = "a vector"): Diagnostic => ({
  code: "E0405",
  severity: "error",
  span,
  message: `${what} must be ${needed}, but this is ${actual}`,
});

/** `what`: the operation ("the product"); `a` and `b`: the sizes that should be the same. */
export const matrixSizes = (span: Span, what: string, a: string, b: string): Diagnostic => ({
  code: "E0424",
  severity: "error",
  span,
  message: `the sizes ${a} and ${b} do not go together in ${what}`,
  hint: "a product needs as many columns on its left as rows on its right; some functions need a square matrix",
});

export const sizeNeeded = (span: Span, distribution: string, example: string): Diagnostic => ({
  code: "E0427",
  severity: "error",
  span,
  message: `no argument of '${distribution}' says what size its value has`,
  hint: `declare the latent with its size, as in '${example}'`,
});

export const wrongArgumentCount = (name: Name, given: number, signatures: readonly string[]): Diagnostic => ({
  code: "E0406",
  severity: "error",
  span: name.span,
  message: `'${name.text}' cannot be called with ${given} argument${given === 1 ? "" : "s"}`,
  hint: `it is called as ${signatures.join(" or ")}`,
});

export const localType = (span: Span, name: string, declared: string, actual: string): Diagnostic => ({
  code: "E0407",
  severity: "error",
  span,
  message: `'${name}' is declared as ${declared}, but its value is ${actual}`,
});

export const localConstraint = (span: Span, name: string): Diagnostic => ({
  code: "E0408",
  severity: "error",
  span,
  message: `'${name}' is computed from an expression, so it cannot have a constraint`,
  hint: "remove the bounds: they are written on data and latents",
});

export const conditionType = (span: Span, what: string, actual: string): Diagnostic => ({
  code: "E0409",
  severity: "error",
  span,
  message: `${what} must be a comparison or an int, but this is ${actual}`,
  hint: "compare it with something, as in 'x > 0'",
});

export const indexOutOfRange = (
  span: Span,
  index: number,
  size: string,
  needed: string | null,
): Diagnostic => ({
  code: "E0410",
  severity: "error",
  span,
  message:
    needed === null
      ? `there is no element ${index} in a vector of size ${size}: elements are numbered from 1`
      : `the vector's size '${size}' comes from data and may be less than ${index}`,
  ...(needed === null ? {} : { hint: `declare it as 'int<lower=${index}> ${needed};'` }),
});

/** `lower`, `upper`: the values that the index can have, as far as is known. */
export const indexMayBeOutside = (span: Span, lower: number, upper: number, size: string): Diagnostic => ({
  code: "E0421",
  severity: "error",
  span,
  message:
    lower < 1 && Number.isFinite(lower)
      ? `this index can be ${lower}, but elements are numbered from 1`
      : lower >= 1 && Number.isFinite(upper)
        ? `this index can be ${upper}, and the vector's size is ${size}`
        : `nothing says that this index stays between 1 and the vector's size, ${size}`,
  hint:
    Number.isFinite(lower) && Number.isFinite(upper)
      ? `make it one that goes from 1 to ${size}, as 'k - ${lower - 1}' would for a 'k' from ${lower} on`.replace(
          "- -",
          "+ ",
        )
      : `give what it is made of bounds that keep it there, as in 'int<lower=1, upper=${size}> k;'`,
});

export const indexOfScalar = (span: Span, actual: string): Diagnostic => ({
  code: "E0411",
  severity: "error",
  span,
  message: `only vectors have elements, but this is ${actual}`,
});

export const indexOfPlates = (span: Span, name: string, plates: readonly string[]): Diagnostic => ({
  code: "E0412",
  severity: "error",
  span,
  message: `'${name}' is over plates (${plates.join(", ")}) and is used without an index`,
  hint: `inside its plates '${name}' is the value of the current element`,
});

/** `why`: what the size depends on ("latents"). */
export const sizeNotConstant = (span: Span, why: string): Diagnostic => ({
  code: "E0413",
  severity: "error",
  span,
  message: `the size of a vector cannot depend on ${why}`,
  hint: "a size is a number, an int of the data block without plates, or arithmetic of those",
});

export const sizeTooSmall = (span: Span, value: number): Diagnostic => ({
  code: "E0414",
  severity: "error",
  span,
  message: `a vector has at least one element, so its size cannot be ${value}`,
});

export const emptyRange = (span: Span, lower: number, upper: number): Diagnostic => ({
  code: "E0415",
  severity: "error",
  span,
  message: `no number is at least ${lower} and at most ${upper}`,
  hint: "the lower bound must not exceed the upper bound",
});

export const randomOutsideDraw = (name: Name): Diagnostic => ({
  code: "E0416",
  severity: "error",
  span: name.span,
  message: `'${name.text}' draws a random number, which is possible only in the 'draw' of a distribution`,
  hint: "for a random quantity of the model declare a latent with '~'",
});

export const internalFunction = (name: Name): Diagnostic => ({
  code: "E0417",
  severity: "error",
  span: name.span,
  message: `'${name.text}' can be called only in the definitions of functions and distributions`,
});

export const boundNotInt = (span: Span, actual: string): Diagnostic => ({
  code: "E0418",
  severity: "error",
  span,
  message: `a bound of an int must be an int, but this is ${actual}`,
});

/** A vector was given for a real parameter of a function that is not elementwise in it. */
export const notElementwise = (span: Span, name: string, parameter: string): Diagnostic => ({
  code: "E0420",
  severity: "error",
  span,
  message: `'${parameter}' of '${name}' must be a single number here: the function combines it with a whole vector`,
});

export const sizeInSignature = (span: Span): Diagnostic => ({
  code: "E0422",
  severity: "error",
  span,
  message: "a vector in a definition has no size: it takes vectors of any size",
  hint: "write 'vector' without brackets",
});

export const resultType = (span: Span, what: string, declared: string, actual: string): Diagnostic => ({
  code: "E0423",
  severity: "error",
  span,
  message: `${what} must be ${declared}, but this is ${actual}`,
});

export const intDivision = (span: Span): Diagnostic => ({
  code: "W0401",
  severity: "warning",
  span,
  message: "this divides an int by an int, and the result is rounded towards zero to an int",
  hint: "for a real result write one of them as a real, as in '1.0 / 2'",
});

export const boundsOfConstrained = (span: Span, type: string): Diagnostic => ({
  code: "E0448",
  severity: "error",
  span,
  message: `the type '${type}' takes no bounds`,
  hint: "remove them",
});

export const parameterInt = (span: Span, name: string): Diagnostic => ({
  code: "E0425",
  severity: "error",
  span,
  message: `the parameter '${name}' is learned by small steps, so that it cannot be an int`,
  hint: `declare it as 'real ${name} = ...;'`,
});

export const parameterOutside = (
  span: Span,
  name: string,
  constraint: string,
  value: number,
): Diagnostic => ({
  code: "E0426",
  severity: "error",
  span,
  message: `the first value of the parameter '${name}' must be inside its bounds, ${constraint}; it is ${value}`,
});
