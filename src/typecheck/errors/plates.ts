// Messages about plates: where they are opened, and what is used inside and outside of them.
import type { Diagnostic } from "../../diagnostic.js";
import type { Name, Span } from "../../source.js";
import type { Plate } from "../model.js";

const plateHere = (plate: Plate): { span: Span; message: string } => ({
  span: plate.span,
  message: `plate '${plate.name}' is declared here`,
});

export const plateOpenTwice = (name: Name): Diagnostic => ({
  code: "E0301",
  severity: "error",
  span: name.span,
  message: `plate '${name.text}' is already open here, so it cannot be opened again inside itself`,
  hint: "remove the inner 'plate' and its braces",
});

export const parentNotOpen = (name: Name, plate: Plate, parent: Plate): Diagnostic => ({
  code: "E0302",
  severity: "error",
  span: name.span,
  message: `plate '${plate.name}' is nested in plate '${parent.name}', which is not open here`,
  hint: `write 'plate ${parent.name} { plate ${plate.name} { ... } }'`,
  related: [plateHere(plate)],
});

/** A dimension of data that is not a plate: a number, or the name of something else. */
export const dimensionNotPlate = (span: Span, text: string, variable: string): Diagnostic => ({
  code: "E0303",
  severity: "error",
  span,
  message: `'${text}' is not a plate, and the dimensions of data are plates`,
  hint: `declare a plate, as in 'plate rows;', and write '${variable}[rows]'; for a vector write 'vector[${text}] ${variable}'`,
});

export const dimensionTwice = (span: Span, plate: Plate): Diagnostic => ({
  code: "E0304",
  severity: "error",
  span,
  message: `plate '${plate.name}' is twice among these dimensions`,
  hint: "for pairs of elements declare a second plate",
  related: [plateHere(plate)],
});

export const parentAfterChild = (span: Span, plate: Plate, parent: Plate): Diagnostic => ({
  code: "E0305",
  severity: "error",
  span,
  message: `plate '${parent.name}' must come before plate '${plate.name}', which is nested in it`,
  hint: `leave '${parent.name}' out: '${plate.name}' implies it`,
  related: [plateHere(plate)],
});

/** No data is over a plate, so that its size cannot be known. */
export const plateWithoutData = (plate: Plate): Diagnostic => ({
  code: "E0306",
  severity: "error",
  span: plate.span,
  message: `no data is declared over plate '${plate.name}', so its size cannot be known`,
  hint: `declare data with this dimension, as in 'real x[${plate.name}];'`,
});

/** A plate has the name that the compiler gives to the particle axis of a group or the index of a vector. */
export const plateNameTaken = (plate: Plate, of: string): Diagnostic => ({
  code: "E0307",
  severity: "error",
  span: plate.span,
  message: `the plate's name '${plate.name}' is taken by the ${of}`,
  hint: "give the plate another name",
});

export const dataOutsidePlate = (use: Name, declaration: Span, plate: string): Diagnostic => ({
  code: "E0310",
  severity: "error",
  span: use.span,
  message: `the data '${use.text}' has a value for every element of plate '${plate}', which is not open here`,
  hint: `move this into 'plate ${plate} { ... }'`,
  related: [{ span: declaration, message: `'${use.text}' is declared here` }],
});

export const latentOutsidePlate = (use: Name, declaration: Span, plate: string): Diagnostic => ({
  code: "E0312",
  severity: "error",
  span: use.span,
  message: `'${use.text}' has a value for every element of plate '${plate}', which is not open here`,
  hint: `move this into 'plate ${plate} { ... }'`,
  related: [{ span: declaration, message: `'${use.text}' is declared inside plate '${plate}'` }],
});

/** A local of a block is used after the end of the block. `plate`: the plate that the block opens, if it opens one. */
export const localOutsideBlock = (use: Name, declaration: Span, plate: string | null): Diagnostic => ({
  code: "E0313",
  severity: "error",
  span: use.span,
  message:
    plate === null
      ? `'${use.text}' is local to a block that has ended`
      : `'${use.text}' is local to a block of plate '${plate}' that has ended`,
  hint: "declare it in the block that uses it, or before",
  related: [{ span: declaration, message: `'${use.text}' is declared here` }],
});

export const observationPlateClosed = (name: Name, declaration: Span, plate: string): Diagnostic => ({
  code: "E0314",
  severity: "error",
  span: name.span,
  message: `'${name.text}' has a value for every element of plate '${plate}', so it is observed inside that plate`,
  hint: `write 'plate ${plate} { ${name.text} ~ ...; }'`,
  related: [{ span: declaration, message: `'${name.text}' is declared here` }],
});

export const observationExtraPlate = (name: Name, declaration: Span, plate: string): Diagnostic => ({
  code: "E0315",
  severity: "error",
  span: name.span,
  message: `'${name.text}' does not vary over plate '${plate}', so here the same observation would count once per element`,
  hint: `move this statement out of plate '${plate}'`,
  related: [{ span: declaration, message: `'${name.text}' is declared here` }],
});

export const plateNeverOpened = (plate: Plate): Diagnostic => ({
  code: "W0301",
  severity: "warning",
  span: plate.span,
  message: `plate '${plate.name}' is never opened`,
  hint: `open it in the model with 'plate ${plate.name} { ... }', or remove it`,
});
