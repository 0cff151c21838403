// Names in scope, and the context in which an expression is checked.
import type { Diagnostic } from "../diagnostic.js";
import type { Expression, FunctionItem } from "../parser/ast.js";
import type { Span } from "../source.js";
import type {
  Distribution,
  FunctionDeclaration,
  Index,
  Latent,
  Local,
  Plate,
  TypedExpression,
  Variable,
} from "./model.js";
import type { Past } from "./previous.js";
import type { Recorder } from "./record.js";

/** What a name stands for. `faulty`: its declaration had an error, so its uses are passed over in silence. */
export type Entry =
  | { readonly kind: "plate"; readonly plate: Plate; readonly span: Span }
  | {
      readonly kind: "variable";
      readonly variable: Variable;
      /** The plates that must be open where it is used. */
      readonly plates: readonly Plate[];
      readonly span: Span;
    }
  | { readonly kind: "faulty"; readonly span: Span };

/** Names of one block, inside those of the blocks around it. */
export class Scope {
  private readonly entries = new Map<string, Entry>();
  constructor(private readonly parent: Scope | null = null) {}

  find(name: string): Entry | undefined {
    return this.entries.get(name) ?? this.parent?.find(name);
  }
  declare(name: string, entry: Entry): void {
    this.entries.set(name, entry);
  }
  /** The entries of this block alone. */
  own(): ReadonlyMap<string, Entry> {
    return this.entries;
  }
  /** Every name in scope, those of this block instead of those around it of the same name. */
  visible(): ReadonlyMap<string, Entry> {
    return new Map([...(this.parent?.visible() ?? []), ...this.entries]);
  }
  /** Every name in scope of the given kinds, for suggestions. */
  names(kind: Entry["kind"]): string[] {
    const here = [...this.entries].filter(([, entry]) => entry.kind === kind).map(([name]) => name);
    return [...here, ...(this.parent?.names(kind) ?? [])];
  }
}

/**
 * Functions and distributions by name, checked when they are first asked for. A lookup gives undefined where there is
 * no such name, and null where its definition has errors (which `check` reports).
 */
export type Library = {
  readonly functionNames: readonly string[];
  readonly distributionNames: readonly string[];
  /** Names of the families that have a moment fit, and of those with a `guides` item. */
  readonly learnableFamilies: readonly string[];
  readonly defaultGuides: readonly string[];
  readonly function: (name: string) => FunctionDeclaration | null | undefined;
  readonly distribution: (name: string) => Distribution | null | undefined;
  /** A definition as it was written, unchecked, in its file; undefined where there is no such name. */
  readonly syntax: (kind: FunctionItem["kind"], name: string) => FunctionItem | undefined;
  /** Checks all its own definitions (not those of the library it extends), and returns what is wrong. */
  readonly check: () => readonly Diagnostic[];
};

/** A local of a block that has ended, and the plate that the block opened, if it opened one. */
export type ClosedLocal = { readonly span: Span; readonly plate: string | null };

/** Functions specialised to the sizes of their arguments, by function and sizes. */
export type Instances = Map<FunctionDeclaration, Map<string, FunctionDeclaration>>;

/** Where an expression stands: what it may name and do, and whom to tell about mistakes. */
export type Context = {
  /** Reports a mistake; returns null, the value of an expression that has one. */
  readonly report: (diagnostic: Diagnostic) => null;
  readonly library: Library;
  readonly scope: Scope;
  /** Outermost first. */
  readonly open: readonly Plate[];
  /** The conditions of all branches around, together; null outside of any. */
  readonly condition: TypedExpression | null;
  /** All so far, in the order of the model. */
  readonly latents: readonly Latent[];
  /** Names that are declared only further down. */
  readonly later: ReadonlyMap<string, Span>;
  readonly closed: ReadonlyMap<string, ClosedLocal>;
  /** True of a name whose declaration the parser may have dropped for a mistake in it: it is not reported again. */
  readonly isDropped: (name: string) => boolean;
  /** What the expression belongs to; random primitives are for draws, and for functions, which draws may call. */
  readonly place: "model" | "function" | "draw" | "definition";
  /** A parameter of the guide by its `learn(...)`; null where none may stand. */
  readonly learn: ((syntax: Extract<Expression, { kind: "learn" }>) => TypedExpression | null) | null;
  /** Every variable that was used. */
  readonly used: Set<Variable>;
  readonly instances: Instances;
  /** Data that were used as indices. */
  readonly indices: Index[];
  /** The local whose value is being checked, of its declared type; its value is not known yet. */
  readonly declaring: Local | null;
  /** What `prev` may look back at; a block that has no such thing is named instead. */
  readonly past: Past | "functions" | "data" | "guide";
  /** Whom to tell what names and expressions are; null where nobody asks. */
  readonly record: Recorder | null;
};

/** The orders that plates and latents of an expression are listed in. */
export type Orders = Pick<Context, "open" | "latents">;

/** The plates and latents of an expression with these parts. */
export function dependencies(
  parts: readonly Pick<TypedExpression, "plates" | "latents">[],
  orders: Orders,
): Pick<TypedExpression, "plates" | "latents"> {
  const [first] = parts;
  if (first === undefined) return { plates: [], latents: [] };
  if (parts.length === 1) return { plates: first.plates, latents: first.latents };
  const used = new Set(parts.flatMap((part) => part.latents));
  const known = orders.latents.filter((latent) => used.delete(latent));
  return {
    plates: orders.open.filter((plate) => parts.some((part) => part.plates.includes(plate))),
    // What is left are latents that `prev` looked back at before they were declared.
    latents: [...known, ...used],
  };
}
