// What can be wrong with the rows of nested plates and the columns that say what they belong to.
import { errorAt as error, type Diagnostic, type Related } from "../diagnostic.js";
import type { Span } from "../source.js";
import { count, type Declared } from "./errors.js";

/** A plate whose rows name their parent by a key: its name, the parent's, and the column's. */
export type KeyedPlate = { readonly name: string; readonly parent: string; readonly by: string };

export const keyColumnMissing = (plate: KeyedPlate, span: Span, files: string): Diagnostic =>
  error(
    "E0561",
    span,
    `the data has no '${plate.by}', which says for every element of plate '${plate.name}' which element of '${plate.parent}' it belongs to (looked in ${files})`,
    { hint: `add a column (or list) '${plate.by}': whole numbers from 1, or names` },
  );
export const keyMissing = (plate: KeyedPlate, row: number, span: Span): Diagnostic =>
  error(
    "E0562",
    span,
    `row ${row} of '${plate.by}' is missing, so that it is not known which element of '${plate.parent}' the row belongs to`,
  );
export const keyNotAPlace = (
  plate: KeyedPlate,
  row: number,
  found: string,
  size: number | null,
  span: Span,
): Diagnostic =>
  error(
    "E0563",
    span,
    `row ${row} of '${plate.by}' is ${found}, and elements of plate '${plate.parent}' are numbered from 1` +
      (size === null ? "" : ` to ${size}`),
  );
export const keyUnknown = (plate: KeyedPlate, row: number, found: string, span: Span): Diagnostic =>
  error(
    "E0564",
    span,
    `row ${row} of '${plate.by}' is '${found}', which is not among the names of plate '${plate.parent}'`,
  );
export const labelTwice = (plate: string, label: string, span: Span): Diagnostic =>
  error("E0565", span, `two elements of plate '${plate}' are called '${label}'`);
export const columnVaries = (
  name: string,
  plate: string,
  element: string,
  first: { readonly row: number; readonly value: string; readonly span: Span },
  other: { readonly row: number; readonly value: string; readonly span: Span },
): Diagnostic =>
  error(
    "E0566",
    other.span,
    `'${name}' has one value for each element of plate '${plate}', but for ${element} it is ${first.value} in row ${first.row} and ${other.value} in row ${other.row}`,
    { related: [{ span: first.span, message: `it is ${first.value} here` } satisfies Related] },
  );
export const columnWithoutRows = (name: string, plate: string, element: string, span: Span): Diagnostic =>
  error(
    "E0567",
    span,
    `no row of the table belongs to ${element} of plate '${plate}', so that nothing says what '${name}' is there`,
    { hint: `give the variables of '${plate}' in a file of their own` },
  );

/** An array whose rows have other lengths than an earlier one's. */
export const rowsDisagree = (
  plate: string,
  element: number,
  found: { readonly name: string; readonly length: number; readonly span: Span },
  before: { readonly name: string; readonly length: number; readonly span: Span },
): Diagnostic => {
  const says = (of: typeof found): string =>
    `row ${element} of '${of.name}' has ${count(of.length, "element")}`;
  return error("E0568", found.span, `${says(found)}, but ${says(before)}`, {
    related: [{ span: before.span, message: `'${before.name}' is here` }],
    hint: `everything over plate '${plate}' must have the same number of elements`,
  });
};
export const raggedSiblings = (
  declared: Declared,
  span: Span,
  a: string,
  b: string,
  parent: string,
): Diagnostic =>
  error(
    "E0569",
    span,
    `plates '${a}' and '${b}' are both nested in '${parent}' with different numbers of elements, so that '${declared.name}' cannot be over both`,
    { hint: "give every element of the outer plate the same number of elements of one of them" },
  );
export const tooManyRows = (plate: string, rows: number, most: number, span: Span): Diagnostic =>
  error(
    "E0570",
    span,
    `plate '${plate}' has ${rows.toLocaleString("en-US")} rows in all: at most ${most.toLocaleString("en-US")} are supported where their number differs`,
  );
export const nothingObserved = (declared: Declared, span: Span): Diagnostic =>
  error("E0572", span, `every value of '${declared.name}' is missing`, {
    hint: "leave the variable out of the model",
    related: [{ span: declared.span, message: `'${declared.declaration}' is declared in the model` }],
  });

/** Many elements without a single row: the keys are perhaps codes rather than places. */
export const manyWithoutRows = (plate: KeyedPlate, size: number, used: number): Diagnostic => ({
  code: "W0561",
  severity: "warning",
  message: `plate '${plate.parent}' has ${size.toLocaleString("en-US")} elements by the largest number in '${plate.by}', but only ${used.toLocaleString("en-US")} of them have rows`,
  hint: "if the numbers are codes rather than places, write them as names (in JSON in quotes)",
});
