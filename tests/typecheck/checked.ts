// Models from text for the tests of the type checker.
import { renderDiagnostics, type Diagnostic } from "../../src/diagnostic.js";
import { parseModel } from "../../src/parser/parse.js";
import { readLibrary } from "../../src/stdlib.js";
import { checkModel } from "../../src/typecheck/check.js";
import type { Library } from "../../src/typecheck/library.js";
import type { TypedExpression, TypedModel } from "../../src/typecheck/model.js";

export function check(
  text: string,
  library: Library = readLibrary(),
): { model: TypedModel | null; diagnostics: readonly Diagnostic[] } {
  const source = { path: "model.mpp", text };
  const parsed = parseModel(source);
  const { model, diagnostics } = checkModel(parsed.program, source, library, parsed.diagnostics);
  return { model, diagnostics: [...parsed.diagnostics, ...diagnostics] };
}

/** The codes of all that is wrong with a model, in the order of the source. */
export const codes = (text: string): readonly string[] =>
  [...check(text).diagnostics].sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0)).map((d) => d.code);

/** The typed model of a text without errors. */
export function typed(text: string, library?: Library): TypedModel {
  const { model, diagnostics } = check(text, library);
  if (model === null) throw new Error(renderDiagnostics(diagnostics));
  return model;
}

/** The value of a local of a model. */
export function localValue(model: TypedModel, name: string): TypedExpression {
  const local = model.locals.find((l) => l.name === name);
  if (local === undefined) throw new Error(`no local '${name}'`);
  return local.value;
}

/** The element of a list that has this name. */
export function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((x) => x.name === name);
  if (found === undefined) throw new Error(`no '${name}'`);
  return found;
}

/** A model with data and latents of several types, and `statements` inside plate `rows`. */
export const inRows = (statements: string, functions = ""): string => `
${functions === "" ? "" : `functions { ${functions} }`}
data {
  int<lower=1> D;
  plate rows;
  int n[rows];
  real y[rows];
  vector[3] v[rows];
  vector[D] w[rows];
}
model {
  a ~ normal(D, 1);
  vector[3] b ~ normal(0, 1);
  vector[D] c ~ normal(0, 1);
  plate rows {
    y ~ normal(a + sum(b .* v) + sum(c .* w) + n, 1);
    ${statements}
  }
}
`;
