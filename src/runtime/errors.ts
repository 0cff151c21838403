// What can be wrong with data and compiled files: the only place that holds the text of these messages.
import type { VectorConstraint } from "../typecheck/model.js";
import { errorAt as error, type Details, type Diagnostic, type Related } from "../diagnostic.js";
import type { Span } from "../source.js";
import { elementName, type Flaw } from "./data-value.js";

/** A data variable as the model declares it. */
export type Declared = { readonly name: string; readonly declaration: string; readonly span: Span };
/** One expected dimension of an array: its plate or "vector", and its length where that is known. */
export type Dimension = { readonly name: string; readonly length: number | null };

const declaredHere = (declared: Declared): Related => ({
  span: declared.span,
  message: `'${declared.declaration}' is declared in the model`,
});
const related = (...places: Related[]): Details => ({ related: places });

// Files that cannot be read as data.

export const jsonSyntax = (span: Span, what: string, hint: string | undefined): Diagnostic =>
  error("E0502", span, `this is not valid JSON: ${what}`, { hint });
export const jsonTruncated = (span: Span, what: string): Diagnostic =>
  error("E0503", span, `this JSON is cut short: ${what}`, {
    hint: "was the file written or copied to its end?",
  });
export const jsonNotAnObject = (span: Span): Diagnostic =>
  error("E0504", span, "a data file holds one JSON object with a key for each variable", {
    hint: 'it looks like {"y": [1.5, 2.5], "x": [0, 1]}; a table goes into a file whose name ends in .csv',
  });
export const jsonTooDeep = (span: Span): Diagnostic =>
  error("E0505", span, "arrays or objects are nested more than 64 deep here");
export const jsonWordForNumber = (span: Span, text: string): Diagnostic =>
  error("E0506", span, `expected a number, found '${text}', which is not a number in JSON`, {
    hint: numberHint(text),
  });

function numberHint(text: string): string | undefined {
  if (/^(?:True|False|TRUE|FALSE)$/.test(text)) return "write 1 or 0";
  if (/^(?:NA|None|NULL|nil)$/.test(text)) return "missing values are written null";
  if (text.startsWith("+")) return "leave the '+' out";
  if (/^-?\./.test(text) || /\.(?:$|[eE])/.test(text)) return "JSON wants a digit on both sides of the point";
  if (/^-?0\d/.test(text)) return "leave the leading zero out";
  return undefined;
}

export const tableQuoteOpen = (span: Span): Diagnostic =>
  error("E0507", span, "the quote opened here is not closed before the end of the table");
export const tableEmpty = (span: Span): Diagnostic =>
  error(
    "E0508",
    span,
    "this table has no rows: it needs a header row with the variables' names, then one row per element",
  );
export const tableSeparator = (span: Span, found: ";" | "\t"): Diagnostic =>
  error("E0533", span, `this table's columns are separated by ${found === ";" ? "';'" : "tabs"}`, {
    hint: `write it with commas between the columns${found === ";" ? ", and decimals with a point" : ""}`,
  });
export const tableWithoutHeader = (span: Span): Diagnostic =>
  error("E0534", span, "the first row of a table names its columns, but this one holds numbers", {
    hint: "put a row with the variables' names before it",
  });
export const tableRowLength = (span: Span, found: number, expected: number): Diagnostic =>
  error(
    "E0509",
    span,
    `this row has ${count(found, "cell")}, but the header has ${count(expected, "column")}`,
  );
export const tableColumnTwice = (name: string, span: Span, first: Span): Diagnostic =>
  error(
    "E0510",
    span,
    `the table has two columns '${name}'`,
    related({ span: first, message: "the first is here" }),
  );
export const keyTwice = (key: string, span: Span, first: Span): Diagnostic =>
  error(
    "E0511",
    span,
    `'${key}' is given twice`,
    related({ span: first, message: `'${key}' is given here already` }),
  );

// Variables that are missing or of another kind.

export const missingVariable = (
  declared: Declared,
  suggestion: string | undefined,
  files: string,
): Diagnostic =>
  error("E0512", declared.span, `the data has no '${declared.name}' (looked in ${files})`, {
    hint:
      suggestion === undefined
        ? `add "${declared.name}" to the data: it is declared '${declared.declaration}'`
        : `the data has '${suggestion}': is that it?`,
  });
export const noData = (names: readonly string[]): Diagnostic => ({
  code: "E0531",
  severity: "error",
  message: `the model needs data for ${listed(names)}, and no data file was given`,
  hint: "give it with --data FILE",
});
export const notNumbers = (declared: Declared, span: Span, found: string): Diagnostic =>
  error(
    "E0513",
    span,
    `'${declared.name}' should be made of numbers, found ${found}`,
    related(declaredHere(declared)),
  );
export const scalarForArray = (declared: Declared, span: Span, expected: readonly Dimension[]): Diagnostic =>
  error(
    "E0514",
    span,
    `'${declared.name}' should be an array ${shapeWords(expected)}, found a single number`,
    {
      hint: "one number in brackets, [1.5], is an array of one element",
      ...related(declaredHere(declared)),
    },
  );
export const arrayForScalar = (declared: Declared, span: Span, found: readonly number[]): Diagnostic =>
  error(
    "E0515",
    span,
    `'${declared.name}' should be a single number, found ${foundWords(found)}`,
    related(declaredHere(declared)),
  );
export const wrongShape = (
  declared: Declared,
  span: Span,
  expected: readonly Dimension[],
  found: readonly number[],
): Diagnostic =>
  error(
    "E0516",
    span,
    `'${declared.name}' should be an array ${shapeWords(expected)}, found ${foundWords(found)}`,
    related(declaredHere(declared)),
  );

// Elements that are not numbers, or stand where none should.

export function flawedElement(declared: Declared, flaw: Flaw): Diagnostic {
  const element = elementName(declared.name, flaw.path);
  const places = related(declaredHere(declared));
  switch (flaw.kind) {
    case "ragged":
      return error(
        "E0517",
        flaw.span,
        `the rows of '${declared.name}' differ in length: ${element} has ${count(Number(flaw.found), "element")}, ` +
          `the first row ${flaw.expected}`,
        {
          hint: "rows of different lengths need a nested plate, as in 'plate houses in counties;'",
          ...places,
        },
      );
    case "depth":
      return error(
        "E0518",
        flaw.span,
        `'${declared.name}' mixes numbers and arrays: ${element} is nested ${flaw.found} deep, numbers before it ${flaw.expected}`,
        places,
      );
    case "non-finite":
      return error("E0519", flaw.span, `${element} is ${flaw.found}: data must be finite numbers`, places);
    case "null":
      return error("E0520", flaw.span, `${element} is missing (${flaw.found})`, {
        hint: "a value may be missing where it is observed (to the left of '~') and used for nothing else",
        ...places,
      });
    case "text":
    case "boolean":
    case "object":
      return error("E0521", flaw.span, `${element} should be a number, found ${flaw.found}`, {
        hint: flaw.kind === "boolean" ? "write 1 for true and 0 for false" : undefined,
        ...places,
      });
  }
}

export const nonInteger = (declared: Declared, element: string, value: number, span: Span): Diagnostic =>
  error(
    "E0522",
    span,
    `${element} is ${value}, but '${declared.name}' is declared int: it takes whole numbers`,
    related(declaredHere(declared)),
  );
export const outOfRange = (
  declared: Declared,
  element: string,
  value: number,
  side: "lower" | "upper",
  bound: number,
  span: Span,
): Diagnostic =>
  error(
    "E0523",
    span,
    `${element} is ${value}, ${side === "lower" ? "below its lower" : "above its upper"} bound ${bound}`,
    related(declaredHere(declared)),
  );

/** `problem`: what its elements do. */
const NOT: Readonly<Record<VectorConstraint, string>> = {
  simplex: "not a simplex",
  ordered: "not in rising order",
  positive_ordered: "not in rising order",
  unit_vector: "not a unit vector",
  corr_matrix: "not a correlation matrix",
  cov_matrix: "not a covariance matrix",
  cholesky_factor_cov: "not a Cholesky factor",
  cholesky_factor_corr: "not a Cholesky factor of correlations",
};

export const notConstrained = (
  declared: Declared,
  name: string,
  constraint: VectorConstraint,
  problem: string,
  span: Span,
): Diagnostic =>
  error("E0539", span, `${name} is ${NOT[constraint]}: ${problem}`, related(declaredHere(declared)));

// Sizes of plates and vectors.

/** Who says how large a plate is: an array's variable, or the plate's own key. */
export type SizeWitness = {
  readonly name: string;
  readonly plate: string;
  readonly length: number;
  readonly span: Span;
};

const says = (w: SizeWitness): string =>
  w.name === w.plate ? `"${w.plate}" is ${w.length}` : `'${w.name}' has ${w.length} ${w.plate}`;

export const platesDisagree = (found: SizeWitness, before: SizeWitness): Diagnostic =>
  error("E0524", found.span, `${says(found)}, but ${says(before)}`, {
    ...related({ span: before.span, message: says(before) }),
    hint: `everything over plate '${found.plate}' must have the same number of elements`,
  });
export const emptyPlate = (witness: SizeWitness): Diagnostic =>
  error("E0525", witness.span, `${says(witness)}: a plate without elements is not supported yet`);
export const uncoveredPlate = (plate: string, span: Span): Diagnostic =>
  error("E0526", span, `nothing in the data says how many elements plate '${plate}' has`, {
    hint: `add "${plate}": 10 (say) to the data`,
  });
export const plateSizeNotWhole = (plate: string, span: Span): Diagnostic =>
  error("E0527", span, `"${plate}" should be the number of elements of plate '${plate}', a whole number`);
export const vectorLength = (declared: Declared, span: Span, expected: number, found: number): Diagnostic =>
  error(
    "E0528",
    span,
    `the vectors of '${declared.name}' should have ${count(expected, "element")}, found ${found}`,
    related(declaredHere(declared)),
  );
export const sizeNotPositive = (what: string, size: number, span: Span): Diagnostic =>
  error("E0529", span, `the size of ${what} is ${size}: it must be a whole number, 1 or more`);
export const supportSize = (
  declared: Declared,
  latent: string,
  count: number,
  most: number,
  span: Span,
): Diagnostic =>
  error(
    "E0532",
    span,
    count < 1
      ? `the discrete latent '${latent}' has no values at all with this '${declared.name}'`
      : `with this '${declared.name}' the discrete latent '${latent}' has ${count} values, more than the ${most} that are summed over`,
    {
      ...(count < 1 ? {} : { hint: "give it a family in the guide, and it is sampled" }),
      ...related(declaredHere(declared)),
    },
  );
export const tableForOther = (declared: Declared, span: Span, plates: readonly string[]): Diagnostic =>
  error(
    "E0530",
    span,
    `a table's columns are variables over one plate, but '${declared.name}' is over ` +
      (plates.length === 0 ? "none" : plates.join(", ")),
    {
      hint:
        plates.length === 0
          ? "give it in a JSON file beside the table"
          : "give it as JSON, arrays nested by plate; nested plates may stand in one table whose column says what each row belongs to: 'plate a in b by column;'",
      ...related(declaredHere(declared)),
    },
  );

/** Keys that the model does not use: said once, as Stan ignores them too. */
export const extraKeys = (keys: readonly string[], path: string): Diagnostic => ({
  code: "N0501",
  severity: "note",
  message: `the model does not use ${listed(keys)} of ${path}`,
});
/** Stands for those that are not shown. */
export const tooMany = (code: string, rest: number): Diagnostic => ({
  code,
  severity: "note",
  message: `... and ${rest.toLocaleString("en-US")} more of this kind`,
});

// Compiled files.

export const notCompiledFile = (path: string): Diagnostic => ({
  code: "E0551",
  severity: "error",
  message: `'${path}' is not a compiled model`,
  hint: "mppc compile MODEL.mpp -o FILE.mppc writes one",
});
export const compiledFileVersion = (path: string, found: string, expected: string): Diagnostic => ({
  code: "E0552",
  severity: "error",
  message: `'${path}' was compiled by mppc ${found}, and this is mppc ${expected}`,
  hint: "compile the model again",
});
export const compiledFileTruncated = (path: string): Diagnostic => ({
  code: "E0553",
  severity: "error",
  message: `'${path}' is cut short: its end is missing`,
  hint: "compile the model again, or copy the file anew",
});
export const compiledFileEdited = (path: string): Diagnostic => ({
  code: "E0554",
  severity: "error",
  message: `'${path}' was changed after it was compiled: its checksum does not fit`,
  hint: "compile the model again: compiled files are not to be edited",
});

// Words.

/** "3 rows", "1 row". */
export const count = (n: number, noun: string): string =>
  `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;

/** "[states][zips], that is 4 x 150". */
export function shapeWords(expected: readonly Dimension[]): string {
  const names = expected.map((d) => `[${d.name}]`).join("");
  if (expected.every((d) => d.length === null)) return names;
  return `${names}, that is ${expected.map((d) => d.length ?? "?").join(" x ")}`;
}

/** "a single number", "600 numbers", "an array of 4 x 150 numbers". */
export function foundWords(shape: readonly number[]): string {
  if (shape.length === 0) return "a single number";
  return shape.length === 1
    ? `a row of ${count(shape[0] ?? 0, "number")}`
    : `an array of ${shape.join(" x ")} numbers`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((n) => `'${n}'`);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(", ")} and ${rest} more`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1) ?? ""}`;
}
