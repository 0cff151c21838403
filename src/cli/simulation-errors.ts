// What can be wrong with a simulation's files and arguments: the only place that holds the text of these messages.
import type { Diagnostic } from "../diagnostic.js";

const error = (code: string, message: string, hint?: string): Diagnostic => ({
  code,
  severity: "error",
  message,
  ...(hint === undefined ? {} : { hint }),
});

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(", ");

export const unknownSize = (
  name: string,
  suggestion: string | undefined,
  names: readonly string[],
): Diagnostic =>
  error(
    "E1311",
    `--size ${name}=... names no plate and no size of this model`,
    suggestion === undefined
      ? names.length === 0
        ? "the model has none"
        : `it has ${names.join(", ")}`
      : `did you mean '${suggestion}'?`,
  );
export const unknownGiven = (
  name: string,
  path: string,
  suggestion: string | undefined,
  names: readonly string[],
): Diagnostic =>
  error(
    "E1312",
    `'${path}' gives a value of '${name}', which is no latent of this model`,
    suggestion === undefined ? `its latents are ${names.join(", ")}` : `did you mean '${suggestion}'?`,
  );
export const wrongGiven = (name: string, path: string, expected: number, found: string): Diagnostic =>
  error(
    "E1313",
    `'${name}' in '${path}' should be ${expected} ${expected === 1 ? "number" : "numbers"}, found ${found}`,
  );
export const notAnObject = (path: string): Diagnostic =>
  error(
    "E1313",
    `'${path}' should be a JSON object of latents' values`,
    'it looks like {"mu": 0.5, "theta": [1, 2]}',
  );
export const latentNeedsValue = (name: string, family: string): Diagnostic =>
  error(
    "E1314",
    `'${name}' cannot be drawn, as '${family}' does not say how`,
    "give its value with --given, or add 'draw = ...;' to the distribution",
  );
export const notForTables = (names: readonly string[]): Diagnostic =>
  error(
    "E1315",
    `${list(names)} cannot stand in a table: ${names.length === 1 ? "it is" : "they are"} over several plates, or a matrix`,
    "write JSON, which is the default",
  );
export const oneFileForSeveral = (path: string): Diagnostic =>
  error("E1316", `'${path}' is one file, and several are to be written`, "name a directory");
export const otherSizesThanRun = (latent: string, had: number, has: number): Diagnostic =>
  error(
    "E1317",
    `'${latent}' has ${had} ${had === 1 ? "element" : "elements"} in the run, and ${has} with these sizes`,
    "leave --data out to take that of the run",
  );
export const otherData = (path: string, names: readonly string[]): Diagnostic =>
  error(
    "E1321",
    `'${path}' neither draws nor has ${list(names)}, which the model takes as data`,
    "both models need the same data block",
  );
export const noLatentInCommon = (): Diagnostic =>
  error(
    "E1322",
    "there is no latent whose truth is known",
    "a calibration ranks latents that both models have",
  );
export const invalidSimulation = (draw: number, first: Diagnostic): Diagnostic => ({
  code: "W1301",
  severity: "warning",
  message: `the model draws values that its data block does not allow (data set ${draw}: ${first.message}), so that 'mppc run' will refuse them`,
  hint: "truncate the distribution, T[lower, upper], or widen the declaration",
});
export const notFinite = (name: string, count: number, draw: number): Diagnostic => ({
  code: "W1302",
  severity: "warning",
  message: `${count.toLocaleString("en-US")} ${count === 1 ? "value" : "values"} of '${name}' in data set ${draw} ${count === 1 ? "is" : "are"} no finite ${count === 1 ? "number" : "numbers"}, and null in the file`,
  hint: "the priors reach so far that numbers overflow",
});
export const observedGiven = (names: readonly string[]): Diagnostic => ({
  code: "N1301",
  severity: "note",
  message: `of ${list(names)} in the data only sizes and places of missing values are taken: the model draws ${names.length === 1 ? "it" : "them"}`,
});
