// The type checker survives any program that the parser gives it: good and bad models with words of others put in.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { check } from "./checked.js";

const root = join(import.meta.dirname, "..");
const texts = ["good", "bad/typecheck", "bad/syntax"]
  .flatMap((folder) => readdirSync(join(root, folder)).map((file) => join(root, folder, file)))
  .filter((path) => path.endsWith(".mpp"))
  .map((path) => readFileSync(path, "utf8"))
  .filter((text) => text.length < 2000);
const words = (text: string): string[] => text.match(/\w+|\s+|[^\w\s]/g) ?? [];
const pool = [...new Set(texts.flatMap(words))];

/** A change of one word: left out, said twice, or another in its place. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  how: fc.constantFrom("drop", "double", "replace", "swap"),
  by: fc.constantFrom(...pool),
});

function changed(text: string, changes: readonly { at: number; how: string; by: string }[]): string {
  const list = words(text);
  for (const { at, how, by } of changes) {
    const i = Math.floor(at * list.length);
    const own = list[i] ?? "";
    const replacement = {
      drop: "",
      double: `${own} ${own}`,
      replace: by,
      swap: list[(i + 2) % list.length] ?? "",
    };
    list[i] = replacement[how as keyof typeof replacement];
  }
  return list.join("");
}

it("never throws, and gives a model only where there is no error", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (text, changes) => {
        const { model, diagnostics } = check(changed(text, changes));
        expect(model === null).toBe(diagnostics.some((d) => d.severity === "error"));
        for (const { span } of diagnostics)
          if (span !== undefined) expect(span.end).toBeGreaterThanOrEqual(span.start);
      },
    ),
    { seed: 7, numRuns: 1500 },
  );
});
