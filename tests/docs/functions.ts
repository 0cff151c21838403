// The reference page of the functions: built-in ones, and those of the standard library with their doc comments.
import { BUILTINS, builtinSignature } from "../../src/typecheck/builtins.js";
import { functionReferences, strayPieces, usefulFunctions } from "../../src/lsp/reference.js";
import type { Library } from "../../src/typecheck/scope.js";
import { ACCURACY } from "../special/accuracy.js";
import { code, page, table } from "./markdown.js";

function functionRows(library: Library): readonly (readonly string[])[] {
  const [piece] = strayPieces(library);
  if (piece !== undefined) throw new Error(`there is no function '${piece}' any more`);
  return usefulFunctions(library).flatMap((name) => {
    const found = functionReferences(library, name);
    if (found.length === 0) throw new Error(`the library lists '${name}' but does not have it`);
    return found.map(({ signatures, doc }) => [signatures.map(code).join(" "), doc]);
  });
}

/** The operations that models can call whose error is more than a rounding. */
function accuracyRows(): readonly (readonly string[])[] {
  return [...BUILTINS].flatMap(([name, overloads]) =>
    overloads.flatMap((builtin) => {
      if (builtin.kind !== "op" || builtin.internal === true || name !== builtin.op) return [];
      const { ranges, floor, float32 } = ACCURACY[builtin.op];
      if (float32 <= 3e-7) return [];
      const range = ranges.map(({ from, to }) => `${shortNumber(from)} to ${shortNumber(to)}`).join("; ");
      return [
        [
          code(builtinSignature(name, builtin)),
          range,
          `${float32.toExponential()}${floor === 0 ? "" : " of max(1, value)"}`,
        ],
      ];
    }),
  );
}
const shortNumber = (x: number): string =>
  Math.abs(x) < 1e-2 && x !== 0
    ? x.toExponential(2).replace(/\.?0+e/, "e")
    : String(Number(x.toPrecision(6)));

export function functionsPage(library: Library): string {
  const rows = [...functionRows(library)].sort(([a = ""], [b = ""]) =>
    a.toLowerCase().localeCompare(b.toLowerCase(), "en"),
  );
  return page(
    "Functions",
    "Names are Stan's where Stan has the function. A function of numbers takes vectors too, and then works element by " +
      "element; numbers among its arguments are repeated. A model adds its own in a `functions` block.",
    table(["function", "value"], rows),
    "## Accuracy",
    "The largest error of the built-in functions on a GPU (float32), over the arguments given, as the tests demand it: " +
      "relative, or where it says so relative to the larger of 1 and the value. The reference device (float64) is right " +
      "to 1e-14 or better. Functions that are not listed are exact or right to one rounding.",
    table(["function", "arguments", "error"], accuracyRows()),
  );
}
