// The data block: plates, and data with its types and dimensions.
import { didYouMean } from "../diagnostic.js";
import type { DataItem, Expression } from "../parser/ast.js";
import type { Name } from "../source.js";
import { checkType, declareVariable, isNewName } from "./declare.js";
import * as errors from "./errors.js";
import type { Data, Plate } from "./model.js";
import type { Context } from "./scope.js";

export type CheckedData = { readonly plates: readonly Plate[]; readonly data: readonly Data[] };

/** Declares the items in `context.scope`; those with a mistake are left out of the result. */
export function checkData(items: readonly DataItem[], context: Context): CheckedData {
  const later = new Map(items.map((item) => [item.name.text, item.name.span]));
  const inner = { ...context, later };
  const plates: Plate[] = [];
  const data: Data[] = [];
  for (const item of items) {
    if (item.kind === "plate") {
      const plate = checkPlate(item, inner);
      if (plate !== null) plates.push(plate);
    } else {
      const variable = checkVariable(item, inner);
      const dimensions = variable?.plates ?? [];
      if (declareVariable(item.name, variable, dimensions, context.scope, inner) && variable !== null)
        data.push(variable);
    }
  }
  return { plates, data };
}

/** A plate by its name; null after a report. Its declaration may have had an error: then null in silence. */
export function findPlate(name: Name, context: Context): Plate | null {
  const entry = context.scope.find(name.text);
  const at = entry?.span ?? context.later.get(name.text);
  if (at !== undefined) context.record?.use(name, { kind: "declaration", at });
  if (entry?.kind === "plate") return entry.plate;
  if (entry?.kind === "faulty" || (entry === undefined && context.isDropped(name.text))) return null;
  const later = context.later.get(name.text);
  if (entry === undefined && later !== undefined) return context.report(errors.usedBefore(name, later));
  return context.report(errors.unknownPlate(name, didYouMean(name.text, context.scope.names("plate"))));
}

function checkPlate(item: Extract<DataItem, { kind: "plate" }>, context: Context): Plate | null {
  const { name, parent, by, ordered } = item;
  const parentPlate = parent === null ? null : findPlate(parent, context);
  if (!isNewName(name, context)) return null;
  if (parent !== null && parentPlate === null) {
    context.record?.declare({ name, declared: { kind: "faulty" } });
    context.scope.declare(name.text, { kind: "faulty", span: name.span });
    return null;
  }
  const plate: Plate = {
    kind: "plate",
    name: name.text,
    parent: parentPlate,
    ordered,
    by: by?.text ?? null,
    span: name.span,
  };
  context.record?.declare({ name, declared: { kind: "plate", plate } });
  context.scope.declare(name.text, { kind: "plate", plate, span: name.span });
  return plate;
}

function checkVariable(item: Extract<DataItem, { kind: "variable" }>, context: Context): Data | null {
  const plates = checkDimensions(item, context);
  const type = checkType(item.type, "model", { ...context, open: plates ?? [] });
  if (plates === null || type === null) return null;
  return { kind: "data", name: item.name.text, type, plates, span: item.name.span };
}

/** The plates of `[users, zips]`, in that order; before a nested plate those that it is nested in. */
function checkDimensions(
  item: Extract<DataItem, { kind: "variable" }>,
  context: Context,
): readonly Plate[] | null {
  const plates: Plate[] = [];
  let isWhole = true;
  for (const dimension of item.dimensions) {
    const plate = checkDimension(dimension, item.name.text, context);
    if (plate === null) {
      isWhole = false;
      continue;
    }
    const child = plates.find((p) => p !== plate && chain(p).includes(plate));
    const wrong =
      child !== undefined
        ? errors.parentAfterChild(dimension.span, child, plate)
        : plates.includes(plate)
          ? errors.dimensionTwice(dimension.span, plate)
          : null;
    if (wrong === null) plates.push(...chain(plate).filter((p) => !plates.includes(p)));
    else {
      context.report(wrong);
      isWhole = false;
    }
  }
  return isWhole ? plates : null;
}

function checkDimension(dimension: Expression, variable: string, context: Context): Plate | null {
  const { span } = dimension;
  const entry = dimension.kind === "name" ? context.scope.find(dimension.name.text) : undefined;
  if (dimension.kind === "name" && entry?.kind !== "variable") return findPlate(dimension.name, context);
  return context.report(
    errors.dimensionNotPlate(span, span.source.text.slice(span.start, span.end), variable),
  );
}

/** A plate after all those that it is nested in, outermost first. */
export const chain = (plate: Plate): readonly Plate[] => [
  ...(plate.parent === null ? [] : chain(plate.parent)),
  plate,
];
