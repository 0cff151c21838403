// The reference page of the distributions, from the standard library's own words.
import type { Distribution } from "../../src/typecheck/model.js";
import { familyReference, type FamilyReference } from "../../src/lsp/reference.js";
import type { Library } from "../../src/typecheck/scope.js";
import { code, page, table } from "./markdown.js";

const section = ({ name, signature, type, doc }: FamilyReference): string =>
  `### ${name}\n\n\`\`\`\n${signature} ${type}\n\`\`\`\n\n${doc}`;

/** One table of all families, then a section for each with its doc comment. */
export function distributionsPage(library: Library): string {
  const all = [...library.distributionNames].sort().map((name) => {
    const found = library.distribution(name);
    if (!found) throw new Error(`the library lists '${name}' but does not have it`);
    return found;
  });
  const rows = (of: readonly Distribution[]): string =>
    table(
      ["distribution", "values", "in a guide"],
      of.map((d) => {
        const { name, signature, values, guide } = familyReference(library, d);
        return [`[${code(signature)}](#${name})`, values, guide];
      }),
    );
  const vectors = all.filter((d) => d.result.size !== null);
  const reals = all.filter((d) => d.result.base === "real" && d.result.size === null);
  const ints = all.filter((d) => d.result.base === "int");
  return page(
    "Distributions",
    "Names and parameters are Stan's where Stan has the distribution. Every density is normalised: constants are not " +
      "dropped. An argument of the type `real` may be a vector; the distribution then stands for one independent " +
      "distribution per element.",
    "*In a guide*: `learns` names the parameters that have a moment fit, so that `learn()` may stand for them; " +
      "`a default` marks a family that is taken for latents with just its values when the prior's own family has " +
      "no moment fit.",
    "## Reals",
    rows(reals),
    "## Ints",
    rows(ints),
    "## Vectors",
    rows(vectors),
    "## Each in its own words",
    ...all.map((d) => section(familyReference(library, d))),
  );
}
