// What is offered: names, families, functions and words, each with its place in the list.
import { CompletionItemKind, InsertTextFormat, type CompletionItem } from "vscode-languageserver/node";
import { constantValue } from "../typecheck/constants.js";
import type { Distribution, TypedModel, ValueType, Variable, Plate } from "../typecheck/model.js";
import type { Library } from "../typecheck/scope.js";
import { kindOf } from "../typecheck/types.js";
import { kindOfVariable, typeText } from "./describe.js";
import { familyReference } from "./reference.js";
import { familySignature, functionSignatures, signatureText, type Signature } from "./signatures.js";
import type { Wanted } from "./slot.js";

/** What an item is of, from which its documentation is made when it is asked for. */
export type ItemData = {
  readonly uri: string;
  readonly kind: "name" | "family" | "function" | "keyword";
  readonly name: string;
  /** Of a name of the text, where it is declared. */
  readonly at?: number;
};

/** An item without what depends on the client; `rank`: smaller ones come first. */
export type Offer = {
  readonly label: string;
  readonly kind: CompletionItemKind;
  readonly detail?: string;
  /** What is put in, in the syntax of snippets; the label if not given. */
  readonly snippet?: string;
  readonly rank: number;
  readonly data: Omit<ItemData, "uri">;
};

/** An item as a client has it. Without snippets the label is put in. */
export function toItem(offer: Offer, uri: string, snippets: boolean): CompletionItem {
  const { label, kind, detail, snippet, rank, data } = offer;
  return {
    label,
    kind,
    ...(detail === undefined ? {} : { detail }),
    sortText: `${String(rank).padStart(3, "0")} ${label}`,
    ...(snippets && snippet !== undefined
      ? { insertText: snippet, insertTextFormat: InsertTextFormat.Snippet }
      : {}),
    data: { uri, ...data },
  };
}

const VARIABLE_KINDS: Readonly<Record<Variable["kind"], CompletionItemKind>> = {
  data: CompletionItemKind.Field,
  latent: CompletionItemKind.Variable,
  local: CompletionItemKind.Variable,
  parameter: CompletionItemKind.Constant,
  argument: CompletionItemKind.Variable,
  learned: CompletionItemKind.Variable,
};

/** The type of a variable as far as places differ in what they want. */
export const wantedOf = (type: ValueType): Wanted => {
  const bound = (of: ValueType["lower"]): Wanted["lower"] =>
    of === null ? null : (constantValue(of) ?? "some");
  return {
    base: type.base,
    shape: kindOf(type.size),
    constraint: type.constraint,
    lower: bound(type.lower),
    upper: bound(type.upper),
  };
};

/** Whether a value may stand where another is wanted: vectors stand for numbers, element by element. */
function fits(found: Pick<Wanted, "shape" | "base">, wanted: Pick<Wanted, "shape" | "base"> | null): boolean {
  if (wanted === null) return true;
  if (wanted.base === "int" && found.base !== "int") return false;
  return wanted.shape === found.shape || wanted.shape === "number";
}

/** A variable in scope. */
export function variableOffer(
  model: TypedModel,
  variable: Variable,
  plates: readonly Plate[],
  wanted: Pick<Wanted, "shape" | "base"> | null,
  rank = 10,
): Offer {
  const found = wantedOf(variable.type);
  return {
    label: variable.name,
    kind: VARIABLE_KINDS[variable.kind],
    detail: `${typeText(variable.type, plates)}, ${kindOfVariable(model, variable)}`,
    rank: fits(found, wanted)
      ? wanted !== null && found.shape === wanted.shape
        ? rank
        : rank + 1
      : rank + 40,
    data: { kind: "name", name: variable.name, at: variable.span.start },
  };
}

/** A plate. */
export const plateOffer = (plate: Plate, rank = 10, snippet?: string): Offer => ({
  label: plate.name,
  kind: CompletionItemKind.Enum,
  detail: plate.parent === null ? "plate" : `plate in ${plate.parent.name}`,
  ...(snippet === undefined ? {} : { snippet }),
  rank,
  data: { kind: "name", name: plate.name, at: plate.span.start },
});

/** A call with places for its arguments. */
const callSnippet = ({ name, parameters, bar }: Signature): string => {
  const [first, ...rest] = parameters.map((p, i) => `\${${i + 1}:${p.name}}`);
  if (first === undefined) return `${name}()`;
  return bar ? `${name}(${first} | ${rest.join(", ")})` : `${name}(${[first, ...rest].join(", ")})`;
};

/** A function: of its ways to be called the one with fewest arguments. Undefined where it has a mistake. */
export function functionOffer(
  library: Library,
  name: string,
  wanted: Pick<Wanted, "shape" | "base"> | null,
): Offer | undefined {
  const [signature] = functionSignatures(library, name);
  if (signature === undefined || signature.result === null) return undefined;
  const { shape, base } = signature.result;
  // What works element by element gives what it is given.
  const isElementwise = signature.parameters.some((p) => p.shape === "number");
  const isFit = wanted === null || fits({ shape, base }, wanted) || (isElementwise && wanted.base === "real");
  return {
    label: name,
    kind: CompletionItemKind.Function,
    detail: `${signatureText(signature)}: ${shape === "number" ? base : shape}`,
    snippet: callSnippet(signature),
    rank: isFit ? (wanted !== null && shape === wanted.shape && !isElementwise ? 24 : 25) : 60,
    data: { kind: "function", name },
  };
}

/**
 * How well a family suits what stands left of the `~`: 0 where its values are just those, 1 where it has them all, 2 where
 * other values are possible, 4 where it cannot be. `wanted` null: a latent whose type is what its family gives; those of all
 * the reals come first, numbers before whole numbers and vectors.
 */
export function suits(family: Distribution, wanted: Wanted | null): number {
  const found = wantedOf(family.result);
  if (wanted === null) {
    if (found.base === "int" || found.shape !== "number") return 2;
    return found.lower === null && found.upper === null ? 0 : 1;
  }
  if (found.base !== wanted.base) return wanted.base === "int" ? 4 : 3;
  if (found.constraint !== wanted.constraint && (found.constraint !== null || wanted.constraint !== null)) {
    const isFree =
      found.constraint === null &&
      (wanted.constraint === "ordered" || wanted.constraint === "positive_ordered");
    return isFree ? 2 : 4;
  }
  const isWhole = found.shape !== "number";
  if (isWhole && found.shape !== wanted.shape) return 4;
  const isSame = sameBound(found.lower, wanted.lower) && sameBound(found.upper, wanted.upper);
  if (isSame) return isWhole || wanted.shape === "number" ? 0 : 1;
  // A family whose bounds are its parameters can have any.
  const covers = (own: Wanted["lower"], bound: Wanted["lower"]): boolean => own === "some" || own === bound;
  return covers(found.lower, wanted.lower) && covers(found.upper, wanted.upper) ? 1 : 2;
}

const sameBound = (a: Wanted["lower"], b: Wanted["lower"]): boolean => a === b && a !== "some";

/** A family after a `~`. Undefined where it has a mistake. */
export function familyOffer(library: Library, name: string, wanted: Wanted | null): Offer | undefined {
  const family = library.distribution(name);
  const signature = familySignature(library, name);
  if (!family || signature === undefined) return undefined;
  const { values } = familyReference(library, family);
  // A family that latents have by default comes before others that suit as well.
  const usual = library.defaultGuides.includes(name) ? 1 : 0;
  return {
    label: name,
    kind: CompletionItemKind.Class,
    detail: `${signatureText(signature)}: ${values}`,
    snippet: callSnippet(signature),
    rank: 10 + 10 * suits(family, wanted) - usual,
    data: { kind: "family", name },
  };
}

/** A word of the language, with what follows it. */
export const keywordOffer = (name: string, snippet?: string, rank = 30): Offer => ({
  label: name,
  kind: snippet === undefined ? CompletionItemKind.Keyword : CompletionItemKind.Snippet,
  ...(snippet === undefined ? {} : { snippet }),
  rank,
  data: { kind: "keyword", name },
});
