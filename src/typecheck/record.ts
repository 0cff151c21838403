// What an editor asks about a text: which declaration each name stands for, what each expression is, and which names
// are visible where. The checker tells a recorder as it goes; without one it costs nothing.
import type { Expression } from "../parser/ast.js";
import type { Name, Span } from "../source.js";
import type { Plate, TypedExpression, TypedModel, Variable } from "./model.js";
import type { Library, Scope } from "./scope.js";

/**
 * What a name is declared as. `faulty`: its declaration has a mistake, so that nothing else is known of it. A function
 * or distribution is one of the model's own `functions` block.
 */
export type Declared =
  | { readonly kind: "variable"; readonly variable: Variable; readonly plates: readonly Plate[] }
  | { readonly kind: "plate"; readonly plate: Plate }
  | { readonly kind: "group" | "function" | "distribution" | "faulty" };

/** A declaration; its name's span identifies it. */
export type Declaration = { readonly name: Name; readonly declared: Declared };

/** What a use of a name stands for: the declaration with a name at this span, or a definition by its name. */
export type Target =
  | { readonly kind: "declaration"; readonly at: Span }
  | { readonly kind: "function" | "distribution" | "builtin"; readonly name: string };

export type Use = { readonly name: Name; readonly target: Target };

/** An expression with what the checker found: it has a value only where it has no mistake. */
export type RecordedExpression = { readonly syntax: Expression; readonly typed: TypedExpression };

/**
 * A part of the text with names of its own, besides those of the parts around it. What stands in it is visible from
 * its declaration on, a variable where its plates are open.
 */
export type RecordedScope = {
  readonly span: Span;
  readonly scope: Scope;
  /** Outermost first. */
  readonly open: readonly Plate[];
};

/** Whom the checker tells what it finds, in the order in which it does; the rounds of a loop tell it again. */
export type Recorder = {
  readonly declare: (declaration: Declaration) => void;
  readonly use: (name: Name, target: Target) => void;
  readonly expression: (syntax: Expression, typed: TypedExpression) => void;
  readonly scope: (scope: RecordedScope) => void;
};

/** All that is known of a text. Of what stands in several rounds of a loop, the first. */
export type Recording = {
  readonly declarations: readonly Declaration[];
  readonly uses: readonly Use[];
  readonly expressions: readonly RecordedExpression[];
  readonly scopes: readonly RecordedScope[];
  /** The standard library and the model's own definitions. */
  readonly library: Library;
  /** What is known of the model, also where the text has mistakes: what has one is left out. */
  readonly partial: TypedModel;
};

/** A recorder, and a function that gives what it was told so far. */
export function newRecorder(): {
  readonly recorder: Recorder;
  readonly told: () => Omit<Recording, "library" | "partial">;
} {
  const declarations = new Map<number, Declaration>();
  const uses = new Map<number, Use>();
  const expressions = new Map<Expression, RecordedExpression>();
  const scopes = new Map<string, RecordedScope>();
  const recorder: Recorder = {
    declare: (declaration) => {
      const { start } = declaration.name.span;
      if (!declarations.has(start)) declarations.set(start, declaration);
    },
    use: (name, target) => {
      if (!uses.has(name.span.start)) uses.set(name.span.start, { name, target });
    },
    expression: (syntax, typed) => {
      if (!expressions.has(syntax)) expressions.set(syntax, { syntax, typed });
    },
    scope: (scope) => {
      const key = `${scope.span.start} ${scope.span.end}`;
      if (!scopes.has(key)) scopes.set(key, scope);
    },
  };
  const told = (): ReturnType<ReturnType<typeof newRecorder>["told"]> => ({
    declarations: [...declarations.values()],
    uses: [...uses.values()],
    expressions: [...expressions.values()],
    scopes: [...scopes.values()],
  });
  return { recorder, told };
}
