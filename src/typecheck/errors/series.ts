// Messages about time series: `prev`, what it looks back at, and what stands before the first step.
import type { Diagnostic } from "../../diagnostic.js";
import type { Name, Span } from "../../source.js";

export const previousWithoutSeries = (span: Span): Diagnostic => ({
  code: "E0320",
  severity: "error",
  span,
  message: "'prev' looks one step back along an ordered plate, and none is open here",
  hint: "declare a time axis, as in 'plate days ordered;', and write this inside 'plate days { ... }'",
});

export const previousOfExpression = (span: Span): Diagnostic => ({
  code: "E0321",
  severity: "error",
  span,
  message: "the first argument of 'prev' is the name of a latent, of data or of a local",
  hint: "look back at each name in it, as in 'prev(x, x0) + prev(y, y0)'",
});

export const previousOfConstant = (use: Name, declaration: Span, plate: string): Diagnostic => ({
  code: "E0322",
  severity: "error",
  span: use.span,
  message: `'${use.text}' does not vary along the ordered plate '${plate}', so it has no step before`,
  hint: `write '${use.text}' without 'prev'`,
  related: [{ span: declaration, message: `'${use.text}' is declared here` }],
});

/** What stands for the value before the first step. */
export const initialVaries = (span: Span, plate: string): Diagnostic => ({
  code: "E0323",
  severity: "error",
  span,
  message: `what stands before the first step of plate '${plate}' cannot vary along it`,
  hint: `give 'prev' a number, or a name from outside 'plate ${plate} { ... }', as its second argument`,
});

export const initialType = (span: Span, name: string, needed: string, found: string): Diagnostic => ({
  code: "E0324",
  severity: "error",
  span,
  message: `'${name}' is ${needed}, and what stands before its first step is ${found}`,
  hint: `make both of one type; '${name}' has the type that is written where it is declared, as in 'vector[2] ${name} ~ ...;'`,
});

/** `local` depends on `latent`, which has a value for every step. */
export const previousOfSteps = (span: Span, local: string, latent: string, plate: string): Diagnostic => ({
  code: "E0325",
  severity: "error",
  span,
  message: `'prev' of '${local}' would join the latents of several steps of plate '${plate}', as '${local}' depends on '${latent}'`,
  hint: `look back at '${latent}' itself, or give '${local}' a '~' of its own`,
});

/** The plate `inner` is nested in the ordered plate. */
export const previousOfRows = (span: Span, name: string, inner: string, plate: string): Diagnostic => ({
  code: "E0326",
  severity: "error",
  span,
  message: `'${name}' has a value for every element of plate '${inner}', of which each step of plate '${plate}' has its own, so that none has a step before`,
  hint: `declare '${inner}' outside of '${plate}' if its elements are the same at every step`,
});
