// Questions about a place of a text: which name stands there, what it stands for, which names are visible.
import type { Span, Name } from "../source.js";
import type { Declaration, RecordedExpression, RecordedScope, Target } from "../typecheck/record.js";
import type { Entry } from "../typecheck/scope.js";
import type { Plate } from "../typecheck/model.js";
import type { Analysis } from "./analysis.js";

/** A name at a place of the text, and what it stands for: a declaration of the text, or what the library defines. */
export type Symbol =
  | { readonly kind: "declaration"; readonly name: Name; readonly declaration: Declaration }
  | {
      readonly kind: "function" | "distribution" | "builtin";
      readonly name: Name;
      /** What it is called where it is defined: `normal` of `normal_lpdf`. */
      readonly defined: string;
    };

/** True where the place is in the span or at one of its ends. */
export const touches = ({ start, end }: Span, offset: number): boolean => start <= offset && offset <= end;

/** What finds the declaration of this text that a use stands for. */
export type DeclarationFinder = (target: Target) => Declaration | undefined;

const finders = new WeakMap<Analysis, DeclarationFinder>();

/** Finds declarations of a text in constant time. */
export function declarationFinder(analysis: Analysis): DeclarationFinder {
  const known = finders.get(analysis) ?? newFinder(analysis);
  finders.set(analysis, known);
  return known;
}

function newFinder({ recording, source }: Analysis): DeclarationFinder {
  const byStart = new Map(recording.declarations.map((d) => [d.name.span.start, d]));
  const byName = new Map(recording.declarations.map((d) => [`${d.declared.kind} ${d.name.text}`, d]));
  return (target) => {
    if (target.kind !== "declaration") return byName.get(`${target.kind} ${target.name}`);
    return target.at.source === source ? byStart.get(target.at.start) : undefined;
  };
}

/** The name at a place, also directly after it; undefined where none stands or nothing is known of it. */
export function symbolAt(analysis: Analysis, offset: number): Symbol | undefined {
  const { declarations, uses } = analysis.recording;
  const declaration = declarations.find(({ name }) => touches(name.span, offset));
  if (declaration !== undefined) return { kind: "declaration", name: declaration.name, declaration };
  const use = uses.find(({ name }) => touches(name.span, offset));
  return use && symbolOf(declarationFinder(analysis), use.name, use.target);
}

/** What a use of a name stands for; undefined where its declaration could not be understood. */
export function symbolOf(find: DeclarationFinder, name: Name, target: Target): Symbol | undefined {
  const declaration = find(target);
  if (declaration !== undefined) return { kind: "declaration", name, declaration };
  return target.kind === "declaration" ? undefined : { kind: target.kind, name, defined: target.name };
}

/** Every place where a symbol's name stands, its declaration first, then its uses in the order of the text. */
export function occurrences(
  analysis: Analysis,
  symbol: Symbol,
): readonly { readonly name: Name; readonly isDeclaration: boolean }[] {
  const own = symbol.kind === "declaration" ? [{ name: symbol.declaration.name, isDeclaration: true }] : [];
  const find = declarationFinder(analysis);
  const uses = analysis.recording.uses.filter(({ target }) =>
    symbol.kind === "declaration"
      ? find(target) === symbol.declaration
      : target.kind === symbol.kind && target.name === symbol.defined,
  );
  const sorted = uses.map(({ name }) => name).sort((a, b) => a.span.start - b.span.start);
  return [...own, ...sorted.map((name) => ({ name, isDeclaration: false }))];
}

/** The innermost part of the text with names of its own around a place. */
export function scopeAt({ recording }: Analysis, offset: number): RecordedScope | undefined {
  const around = recording.scopes.filter(({ span }) => touches(span, offset));
  return around.reduce<RecordedScope | undefined>(
    (best, scope) =>
      best === undefined || scope.span.end - scope.span.start <= best.span.end - best.span.start
        ? scope
        : best,
    undefined,
  );
}

/** The plates that are open at a place, outermost first. */
export const openAt = (analysis: Analysis, offset: number): readonly Plate[] =>
  scopeAt(analysis, offset)?.open ?? [];

/** The names that can be used at a place: declared before it, and over no plate but those that are open there. */
export function visibleAt(analysis: Analysis, offset: number): ReadonlyMap<string, Entry> {
  const inner = scopeAt(analysis, offset);
  const visible = new Map<string, Entry>();
  for (const [name, entry] of inner?.scope.visible() ?? []) {
    const isOpen =
      entry.kind !== "variable" || entry.plates.every((plate) => inner?.open.includes(plate) === true);
    if (entry.span.end <= offset && isOpen) visible.set(name, entry);
  }
  return visible;
}

/** The innermost expression without a mistake that holds this place. */
export function expressionAt({ recording }: Analysis, offset: number): RecordedExpression | undefined {
  const around = recording.expressions.filter(({ syntax }) => touches(syntax.span, offset));
  return around.reduce<RecordedExpression | undefined>(
    (best, found) =>
      best === undefined ||
      found.syntax.span.end - found.syntax.span.start < best.syntax.span.end - best.syntax.span.start
        ? found
        : best,
    undefined,
  );
}
