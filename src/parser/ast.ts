// The syntax tree: what was written, with spans, before any name is resolved.
import type { Name, Span } from "../source.js";

export type Expression =
  | {
      readonly kind: "number";
      readonly value: number;
      readonly isInteger: boolean;
      readonly text: string;
      readonly span: Span;
    }
  | { readonly kind: "name"; readonly name: Name; readonly span: Span }
  | {
      readonly kind: "call";
      readonly callee: Name;
      readonly args: readonly Expression[];
      /** The first argument is followed by `|` in place of `,`, as in `normal_lpdf(y | mu, sigma)`. */
      readonly bar?: true;
      readonly span: Span;
    }
  | {
      readonly kind: "unary";
      readonly operator: UnaryOperator;
      readonly operand: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: "conditional";
      readonly condition: Expression;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: "index";
      readonly object: Expression;
      readonly indices: readonly Expression[];
      readonly span: Span;
    }
  /** `A'` */
  | { readonly kind: "transpose"; readonly operand: Expression; readonly span: Span }
  /** `learn(initial, over = (plates))`, a parameter of a guide that is learned. */
  | {
      readonly kind: "learn";
      readonly name: Name;
      readonly initial: Expression | null;
      readonly over: readonly Name[] | null; // null: every open plate; []: `over = none`
      readonly span: Span;
    }
  /** `[a, b]`: a vector of its elements. */
  | { readonly kind: "vector"; readonly elements: readonly Expression[]; readonly span: Span };

export type UnaryOperator = "-" | "+" | "!";
export type BinaryOperator =
  | "+" | "-" | "*" | "/" | ".*" | "./" | "^" | "%"
  | "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||"; // prettier-ignore

/** `int`, `real`, `vector[n]`, ... with bounds. `sizes` is empty for scalars; `vector` without a size only in signatures. */
export type TypeSyntax = {
  readonly base: Name;
  readonly lower: Expression | null;
  readonly upper: Expression | null;
  readonly offset: Expression | null;
  readonly multiplier: Expression | null;
  readonly sizes: readonly Expression[];
  readonly span: Span;
};

export type DataItem =
  | {
      readonly kind: "plate";
      readonly name: Name;
      readonly parent: Name | null; // `plate zips in states`
      readonly by: Name | null; // `by column`
      readonly ordered: boolean;
      readonly span: Span;
    }
  | {
      readonly kind: "variable";
      readonly type: TypeSyntax;
      readonly name: Name;
      readonly dimensions: readonly Expression[];
      readonly span: Span;
    };

/** `normal(mu, sigma)` to the right of `~`. */
export type DistributionCall = {
  readonly name: Name;
  readonly args: readonly Expression[];
  readonly span: Span;
};

export type Statement =
  | {
      readonly kind: "sample";
      readonly type: TypeSyntax | null;
      readonly name: Name;
      readonly distribution: DistributionCall;
      readonly truncation: {
        readonly lower: Expression | null;
        readonly upper: Expression | null;
        readonly span: Span;
      } | null;
      readonly span: Span;
    }
  | {
      readonly kind: "local";
      readonly type: TypeSyntax;
      readonly name: Name;
      readonly value: Expression;
      readonly span: Span;
    }
  | { readonly kind: "target"; readonly value: Expression; readonly span: Span }
  | { readonly kind: "plate"; readonly name: Name; readonly body: readonly Statement[]; readonly span: Span }
  | { readonly kind: "block"; readonly body: readonly Statement[]; readonly span: Span }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly then: Statement;
      readonly otherwise: Statement | null;
      readonly span: Span;
    }
  | {
      readonly kind: "for";
      readonly variable: Name;
      readonly from: Expression;
      readonly to: Expression;
      readonly body: Statement;
      readonly span: Span;
    };

/** `x;` (default family), `x ~ family(args);`, `plate p { ... }`, `group g { ... }`. */
export type GuideStatement =
  | { readonly kind: "default"; readonly name: Name; readonly span: Span }
  | {
      readonly kind: "sample";
      readonly name: Name;
      readonly distribution: DistributionCall;
      readonly span: Span;
    }
  | {
      readonly kind: "plate";
      readonly name: Name;
      readonly body: readonly GuideStatement[];
      readonly span: Span;
    }
  | {
      readonly kind: "group";
      readonly name: Name;
      readonly family: Name | null; // `group g : multi_normal { ... }`
      readonly body: readonly GuideStatement[];
      readonly span: Span;
    };

export type Argument = { readonly type: TypeSyntax; readonly name: Name };

/** `(mu: m, sigma: sqrt(s - square(m)))` */
export type NamedTuple = readonly { readonly name: Name; readonly value: Expression }[];

export type DistributionItem =
  | {
      readonly kind: "log_density" | "log_cdf" | "log_ccdf" | "quantile";
      readonly variable: Name;
      readonly value: Expression;
      readonly span: Span;
    }
  /** `like`: what stands in it for zeros of the shape of a value; null if it has none. */
  | { readonly kind: "draw"; readonly like: Name | null; readonly value: Expression; readonly span: Span }
  | {
      readonly kind: "statistics";
      readonly variable: Name;
      readonly values: readonly Expression[];
      readonly span: Span;
    }
  | {
      readonly kind: "fit";
      readonly moments: readonly Name[];
      readonly values: NamedTuple;
      readonly span: Span;
    }
  | { readonly kind: "widen"; readonly factor: Name; readonly values: NamedTuple; readonly span: Span }
  /** `guides real<lower=0>;`: this family is the default guide of latents with that support. */
  | { readonly kind: "guides"; readonly support: TypeSyntax; readonly span: Span }
  /** `check log_density(y = 1, mu = 0, sigma = 2) == -1.737;` or `check fit(m = 1, s = 2).sigma == 1;` */
  | {
      readonly kind: "check";
      readonly item: Name;
      readonly args: NamedTuple;
      readonly field: Name | null;
      readonly expected: Expression;
      readonly span: Span;
    };

export type FunctionItem =
  | {
      readonly kind: "function";
      readonly doc: string;
      readonly result: TypeSyntax;
      readonly name: Name;
      readonly parameters: readonly Argument[];
      readonly locals: readonly Extract<Statement, { kind: "local" }>[];
      readonly value: Expression;
      readonly span: Span;
    }
  | {
      readonly kind: "distribution";
      readonly doc: string;
      readonly name: Name;
      readonly parameters: readonly Argument[];
      readonly result: TypeSyntax;
      readonly items: readonly DistributionItem[];
      readonly span: Span;
    };

/** One file: a model's blocks, or (in the standard library) functions and distributions at the top level. */
export type Program = {
  readonly functions: readonly FunctionItem[];
  readonly data: readonly DataItem[];
  readonly parameters: readonly Statement[];
  readonly model: readonly Statement[];
  readonly guide: readonly GuideStatement[];
  readonly generated: readonly Statement[];
  /** The keyword of each block that was written, in order: for "no model block", wrong order, and blocks not built yet. */
  readonly blocks: readonly Name[];
  /** Names that statements with a syntax error declare: nothing else is known of them, so nobody complains about them. */
  readonly brokenNames: readonly Name[];
  readonly span: Span;
};
