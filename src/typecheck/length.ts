// `num_elements` of a vector whose size is not known yet: inside the definition of a function.
import type { Argument, FunctionDeclaration, TypedExpression } from "./model.js";
import { typeOf } from "./types.js";

const span = { source: { path: "num_elements", text: "" }, start: 0, end: 0 };
const nowhere = { span, plates: [], latents: [] };
const parameter: Argument = { kind: "argument", name: "v", type: typeOf("real", "any"), span };
const vector: TypedExpression = { kind: "reference", variable: parameter, type: parameter.type, ...nowhere };
const one: TypedExpression = { kind: "literal", value: 1, type: typeOf("int"), ...nowhere };
const ones: TypedExpression = {
  kind: "apply",
  op: "select",
  args: [one, one, vector],
  type: typeOf("real", "any"),
  ...nowhere,
};

/**
 * num_elements(v) = sum over v of 1. A call of it stands in definitions alone: where a function is specialised to the
 * sizes of its arguments, the size itself takes its place.
 */
export const LENGTH: FunctionDeclaration = {
  kind: "function",
  name: "num_elements",
  doc: "The number of elements of a vector.",
  parameters: [parameter],
  result: typeOf("int"),
  value: { kind: "reduce", reduction: "sum", arg: ones, type: typeOf("int"), ...nowhere },
  span,
};
