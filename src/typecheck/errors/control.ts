// Messages about `if` and `for`.
import type { Diagnostic } from "../../diagnostic.js";
import type { Name, Span } from "../../source.js";

export const loopOverData = (span: Span): Diagnostic => ({
  code: "E0341",
  severity: "error",
  span,
  message: "the bounds of a 'for' must be numbers: a loop is written out before there is data",
  hint: "what there is one of for each element of the data is a plate",
});

export const longLoop = (span: Span, rounds: number, most: number): Diagnostic => ({
  code: "E0342",
  severity: "error",
  span,
  message: `this loop has ${rounds} rounds, and every one would be written out: ${most} is the most`,
  hint: "use a plate",
});

export const latentInBranch = (name: Name): Diagnostic => ({
  code: "E0343",
  severity: "error",
  span: name.span,
  message: `the latent '${name.text}' is declared in a branch of an 'if' whose condition is not a number`,
  hint: "declare it outside of the 'if', and use it inside",
});
