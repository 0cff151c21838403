// What can be wrong with writing results in other programs' formats: the only place that holds the text of these messages.
import type { Diagnostic } from "../diagnostic.js";

const error = (code: string, message: string, hint?: string): Diagnostic => ({
  code,
  severity: "error",
  message,
  ...(hint === undefined ? {} : { hint }),
});

export const dataChanged = (path: string): Diagnostic =>
  error(
    "E1101",
    `'${path}' has changed since the run, or is not the data of the run`,
    "give the data of the run, in the same order, with --data, or run the model again",
  );
export const unequalChains = (draws: number, chains: number): Diagnostic => {
  const divisors = Array.from({ length: Math.min(draws, 20) }, (_, i) => i + 1).filter(
    (n) => draws % n === 0,
  );
  return error(
    "E1102",
    `${draws} draws cannot be shared out among ${chains} chains of one length`,
    `their number can be ${divisors.join(", ")}`,
  );
};
export const nameTaken = (name: string): Diagnostic =>
  error(
    "E1103",
    `'${name}' is both a variable and a dimension or coordinate in this format`,
    "rename the variable or plate of the model",
  );
export const notOurs = (path: string, what: string): Diagnostic =>
  error("E1104", `'${path}' is there already and is no ${what}`, "name another place with --output");
/** Draws from the prior are left out. `why`: a sentence for each thing that stands in the way. */
export const noPriorDraws = (why: readonly string[]): Diagnostic => ({
  code: "N1101",
  severity: "note",
  message: `there are no draws from the prior: ${why.join("; ")}`,
});
