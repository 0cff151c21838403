// The typed model: every name resolved, every expression knowing its type, plates and latents.
// What can be wrong with a model without its data has been found by the time one of these exists.
import type { Op } from "../ops.js";
import type { SourceFile, Span } from "../source.js";

/**
 * The number of elements of a vector, row vector or matrix. `key` identifies the event axis and the shape: what has one
 * key has one shape. The elements of a matrix lie on one event axis, row by row.
 */
export type Size = {
  readonly key: string;
  readonly value: TypedExpression;
  /** Not given: a vector. */
  readonly shape?:
    | { readonly kind: "row_vector"; readonly columns: Size }
    | { readonly kind: "matrix"; readonly rows: Size; readonly columns: Size };
};

/** A vector, row vector or matrix whose size is not known: only in library functions. */
export type UnknownSize = "any" | "any_row" | "any_matrix";

/** What ties the elements of a vector or matrix to each other, by the names of the types. */
export type VectorConstraint =
  | "simplex"
  | "ordered"
  | "positive_ordered"
  | "unit_vector"
  | "corr_matrix"
  | "cov_matrix"
  | "cholesky_factor_corr"
  | "cholesky_factor_cov";

/** A scalar (`size` null), or what has an event axis. */
export type ValueType = {
  readonly base: "int" | "real";
  readonly size: Size | UnknownSize | null;
  readonly constraint: VectorConstraint | null;
  readonly lower: TypedExpression | null;
  readonly upper: TypedExpression | null;
};

export type Plate = {
  readonly kind: "plate";
  readonly name: string;
  readonly parent: Plate | null;
  /** A time axis: its elements are steps, and `prev` looks one step back. */
  readonly ordered: boolean;
  /** The data column that says which of the parent's elements each element belongs to; null: data is nested in arrays. */
  readonly by: string | null;
  readonly span: Span;
};

/** Data, in the file's order of plates: `rating[users, films]` has plates [users, films]. */
export type Data = {
  readonly kind: "data";
  readonly name: string;
  readonly type: ValueType;
  readonly plates: readonly Plate[];
  readonly span: Span;
};

/** A latent: one value (or vector) per element of `plates`, outermost first, in the order they were opened. */
export type Latent = {
  readonly kind: "latent";
  readonly name: string;
  readonly type: ValueType;
  readonly plates: readonly Plate[];
  readonly span: Span;
};

/** A parameter of the model that is learned as a point, not inferred: `real<lower=0> rate = 1;`. Its bounds are numbers. */
export type Parameter = {
  readonly kind: "parameter";
  readonly name: string;
  readonly type: ValueType;
  readonly initial: TypedExpression;
  readonly span: Span;
};

/** A deterministic local: its value stands for it wherever it is used. */
export type Local = {
  readonly kind: "local";
  readonly name: string;
  readonly type: ValueType;
  readonly value: TypedExpression;
  readonly span: Span;
};

/** A parameter of a function or distribution, or the variable of one of its items. */
export type Argument = {
  readonly kind: "argument";
  readonly name: string;
  readonly type: ValueType;
  readonly span: Span;
};

/** A parameter of a guide that stands inside an expression: `learn(initial)` in `x ~ normal(learn(0) * a, 1)`. */
export type LearnedParameter = {
  readonly kind: "learned";
  /** That of the family's parameter; numbered where several stand in one argument (`mu_1`, `mu_2`). */
  readonly name: string;
  readonly type: ValueType;
  readonly initial: TypedExpression;
  /** One value per element of these plates (a sub-list of the latent's). */
  readonly over: readonly Plate[];
  readonly span: Span;
};

export type Variable = Data | Parameter | Latent | Local | Argument | LearnedParameter;

/** Vectors from vectors in which an element depends on others by their places; before the first element is 0. */
export type Arrangement = "cumulative_sum" | "element_before" | "places";
/** Reductions over the event axis of a vector: the result is a scalar. */
export type Reduction = "sum" | "log_sum_exp" | "max";
/**
 * Operations of matrices. `product`: of a matrix, row vector or vector with another; `row` and `entry`: by 1-based ints;
 * `cholesky_decompose`: of a symmetric matrix; `inverse_lower`: of a lower triangular one; `row_places` and
 * `column_places`: the 1-based row and column of every element of a matrix.
 */
export type MatrixOperation =
  | "product"
  | "transpose"
  | "row"
  | "entry"
  | "diagonal"
  | "diag_matrix"
  | "cholesky_decompose"
  | "inverse_lower"
  | "row_places"
  | "column_places";
/** Sources of randomness, each use an independent draw: uniform on (0, 1); gamma with shape `args[0]` and rate 1. */
export type RandomPrimitive = "std_uniform" | "std_gamma";

type Common = {
  readonly type: ValueType;
  readonly span: Span;
  /** Plates over which the value varies, outermost first. */
  readonly plates: readonly Plate[];
  /** Latents it depends on, in the order of the model. */
  readonly latents: readonly Latent[];
};

export type TypedExpression = Common &
  (
    | { readonly kind: "literal"; readonly value: number }
    | { readonly kind: "reference"; readonly variable: Variable }
    /** A scalar operation, elementwise over vectors; scalars among the arguments are repeated. */
    | { readonly kind: "apply"; readonly op: Op; readonly args: readonly TypedExpression[] }
    | { readonly kind: "reduce"; readonly reduction: Reduction; readonly arg: TypedExpression }
    | {
        readonly kind: "call";
        readonly callee: FunctionDeclaration;
        readonly args: readonly TypedExpression[];
      }
    | {
        readonly kind: "random";
        readonly primitive: RandomPrimitive;
        readonly args: readonly TypedExpression[];
      }
    /** One element of a vector; `index` is a 1-based int, which may depend on data and latents. */
    | { readonly kind: "element"; readonly vector: TypedExpression; readonly index: TypedExpression }
    | { readonly kind: "arrange"; readonly arrangement: Arrangement; readonly vector: TypedExpression }
    | {
        readonly kind: "matrix";
        readonly operation: MatrixOperation;
        readonly args: readonly TypedExpression[];
      }
    /** The vector of these scalars. */
    | { readonly kind: "vector"; readonly elements: readonly TypedExpression[] }
    /**
     * The value one step before along an ordered plate, and at its first step `initial`, which does not vary along it. A
     * local may be defined by its own value one step before.
     */
    | {
        readonly kind: "previous";
        readonly variable: Data | Latent | Local;
        readonly along: Plate;
        readonly initial: TypedExpression;
      }
  );

/** A function of the standard library or of the model's `functions` block; its locals are already in `value`. */
export type FunctionDeclaration = {
  readonly kind: "function";
  readonly name: string;
  readonly doc: string;
  readonly parameters: readonly Argument[];
  readonly result: ValueType;
  readonly value: TypedExpression;
  readonly span: Span;
};

export type NamedValues = ReadonlyMap<string, TypedExpression>;

/** A family: all the compiler knows of it comes from its file in the standard library (or the model's `functions`). */
export type Distribution = {
  readonly kind: "distribution";
  readonly name: string;
  readonly doc: string;
  readonly parameters: readonly Argument[];
  /** Support: bounds may mention the parameters. `base: "int"` is a discrete family. */
  readonly result: ValueType;
  readonly logDensity: OfVariable;
  readonly draw: TypedExpression | null;
  /** What stands in `draw` for zeros of the shape of a value; null if nothing does. */
  readonly like: Argument | null;
  /** The distribution function, for truncation: all three or none. */
  readonly cumulative: Cumulative | null;
  /** Sufficient statistics of `variable`, for the moment fit. */
  readonly statistics: { readonly variable: Argument; readonly values: readonly TypedExpression[] } | null;
  /** Parameters as functions of the statistics' means; parameters that it does not name stay as they are. */
  readonly fit: { readonly moments: readonly Argument[]; readonly values: NamedValues } | null;
  /** Parameters of the family with its standard deviation (or nearest notion of spread) times `factor`. */
  readonly widen: { readonly factor: Argument; readonly values: NamedValues } | null;
  /** Default guide of latents with this support; bounds are parameters' names that take the support's bounds. */
  readonly guides: {
    readonly lower: string | number | null;
    readonly upper: string | number | null;
    readonly constraint: VectorConstraint | null;
  } | null;
  readonly checks: readonly DistributionCheck[];
  readonly span: Span;
};

/** An expression of one variable, besides the family's parameters. */
export type OfVariable = { readonly variable: Argument; readonly value: TypedExpression };
/** log P(Y <= y), log P(Y > y), and the y below which Y falls with probability u. */
export type Cumulative = {
  readonly logCdf: OfVariable;
  readonly logCcdf: OfVariable;
  readonly quantile: OfVariable;
};

/** `check item(args).field == expected`: `item` is log_density, fit, widen or statistics. */
export type DistributionCheck = {
  readonly item: "log_density" | "fit" | "widen" | "statistics";
  readonly args: ReadonlyMap<string, number | readonly number[]>;
  readonly field: string | null;
  readonly expected: number | readonly number[];
  readonly span: Span;
};

/** One term of the log joint density; it counts once per element of `plates` (the open plates, outermost first). */
export type Factor =
  | {
      readonly kind: "prior";
      readonly latent: Latent;
      readonly distribution: Distribution;
      readonly args: readonly TypedExpression[];
      readonly plates: readonly Plate[];
      readonly span: Span;
    }
  | {
      readonly kind: "observation";
      readonly name: string;
      /** Not null: it counts only where this is not 0. */
      readonly condition: TypedExpression | null;
      /** What is observed: a reference to data, or to a local that only data goes into. */
      readonly value: TypedExpression;
      readonly distribution: Distribution;
      readonly args: readonly TypedExpression[];
      readonly plates: readonly Plate[];
      readonly span: Span;
    }
  | {
      readonly kind: "target";
      /** Not null: it counts only where this is not 0. */
      readonly condition: TypedExpression | null;
      readonly value: TypedExpression;
      readonly plates: readonly Plate[];
      readonly span: Span;
    };

/** The values `lower`, `lower` + 1, ..., `upper` of a discrete latent: ints made of numbers and of data without plates. */
export type Support = { readonly lower: TypedExpression; readonly upper: TypedExpression };

/** Latents of the same plates that share one particle axis; a latent in no group is a group of its own, of its name. */
export type Group = {
  readonly name: string;
  readonly latents: readonly Latent[];
  readonly plates: readonly Plate[];
  /** Not null: its one latent is summed out exactly. Its particles are all these values, and it has no guide. */
  readonly support: Support | null;
  /** The ordered plate along which the model looks back at its latents; null if it does not. */
  readonly along: Plate | null;
  /** One normal with full covariance over all its numbers on the unconstrained scale: the latents' guides are its margins. */
  readonly correlated: boolean;
  readonly explicit: boolean;
  readonly span: Span;
};

/** An argument of a guide's family. */
export type GuideArgument =
  | {
      readonly kind: "learned";
      /** The family's parameter. */
      readonly parameter: Argument;
      /** Its first value; null: from a fit to draws from the prior. */
      readonly initial: TypedExpression | null;
      /** One value per element of these plates (a sub-list of the latent's). */
      readonly over: readonly Plate[];
    }
  /** Only data goes into it. */
  | { readonly kind: "fixed"; readonly parameter: Argument; readonly value: TypedExpression }
  /** Depends on latents that come earlier in the guide, or on learned parameters, or both. */
  | {
      readonly kind: "computed";
      readonly parameter: Argument;
      readonly value: TypedExpression;
      readonly learned: readonly LearnedParameter[];
    };

/** The approximate posterior of one latent, given those that its arguments depend on. */
export type Guide = {
  readonly latent: Latent;
  readonly distribution: Distribution;
  /** One per parameter of the family, in its order. */
  readonly args: readonly GuideArgument[];
  /** True where the guide was not written but derived from the prior. */
  readonly isDefault: boolean;
  /** The latents that its arguments depend on, in the order of the guide. */
  readonly parents: readonly Latent[];
  readonly span: Span;
};

/** A quantity of interest, one per element of the open plates. */
export type Generated = {
  readonly name: string;
  readonly type: ValueType;
  readonly plates: readonly Plate[];
  readonly span: Span;
} & (
  | { readonly kind: "value"; readonly value: TypedExpression }
  /**
   * A prediction: drawn anew for every posterior draw. `variable` stands for it in quantities below it; it is no latent
   * of the model, and what depends on it is known draw by draw alone.
   */
  | {
      readonly kind: "prediction";
      readonly variable: Latent;
      readonly distribution: Distribution;
      readonly args: readonly TypedExpression[];
    }
);

/** Data whose values pick elements of a vector of this size. */
export type Index = { readonly data: Data; readonly size: Size };

export type TypedModel = {
  readonly source: SourceFile;
  /** In the order of their declaration. */
  readonly plates: readonly Plate[];
  readonly data: readonly Data[];
  readonly parameters: readonly Parameter[];
  /** In the order of the model: a latent's prior uses only latents before it, and of any latent the step before. */
  readonly latents: readonly Latent[];
  /** Locals of the model block, for hovers and dumps. */
  readonly locals: readonly Local[];
  readonly factors: readonly Factor[];
  /** In the order of their first latent in the model. */
  readonly groups: readonly Group[];
  /**
   * One per latent that is sampled, each after those of its parents, otherwise in the order of `latents`; those that are
   * summed out have none.
   */
  readonly guides: readonly Guide[];
  readonly generated: readonly Generated[];
  /** Data that are used as indices of vectors of these sizes: their values must be within. */
  readonly indices: readonly Index[];
};
