// Diagnostics of simulation: what of a model cannot be drawn from.
import type { Diagnostic } from "../diagnostic.js";
import type { Span } from "../source.js";

const error = (code: string, message: string, span: Span, hint?: string): Diagnostic => ({
  code,
  severity: "error",
  message,
  span,
  ...(hint === undefined ? {} : { hint }),
});

export const targetNotDrawn = (span: Span): Diagnostic =>
  error(
    "E1301",
    "this factor says how probable values are, not how to draw them, so the model cannot be simulated",
    span,
    "write it as '~' of a distribution, of your own if need be",
  );
export const computedObservation = (name: string, span: Span): Diagnostic =>
  error(
    "E1302",
    `'${name}' is computed from data, so that a draw of it does not say what the data is`,
    span,
    "observe the data itself",
  );
export const observationWithoutDraw = (name: string, family: string, span: Span): Diagnostic =>
  error(
    "E1303",
    `'${name}' cannot be simulated, as '${family}' does not say how to draw from it`,
    span,
    "add 'draw = ...;' to its definition",
  );
export const cutByLatents = (name: string, family: string, span: Span): Diagnostic =>
  error(
    "E1304",
    `the type of '${name}' cuts off a part of '${family}' that depends on latents: what is left is not renormalised, so that the model is no sequence of draws`,
    span,
    "truncate the distribution instead, with T[lower, upper]",
  );
export const cutWithoutCdf = (name: string, family: string, span: Span): Diagnostic =>
  error(
    "E1305",
    `the type of '${name}' cuts off a part of '${family}', which does not say what its distribution function is, so that the rest cannot be drawn from`,
    span,
  );
export const unevenOrdered = (name: string, span: Span): Diagnostic =>
  error(
    "E1306",
    `'${name}' is ordered and its elements have different distributions, which cannot be drawn from`,
    span,
    "give all its elements the same distribution",
  );
export const realForInt = (name: string, family: string, span: Span): Diagnostic =>
  error("E1307", `'${name}' is declared as int, and draws from '${family}' are not whole numbers`, span);
export const constrainedData = (name: string, constraint: string, span: Span): Diagnostic =>
  error("E1308", `'${name}' is declared as ${constraint}, which draws of independent elements are not`, span);
export const dependsOnItself = (name: string, span: Span): Diagnostic =>
  error("E1309", `'${name}' depends on itself, so that nothing can be drawn first`, span);
