// What may stand at a place: told from the tokens before it and what the names there are.
import type { IToken } from "chevrotain";
import { tokenMatcher } from "../lexer/chevrotain.js";
import { BLOCKS, TypeName } from "../lexer/tokens.js";
import type { VectorConstraint } from "../typecheck/model.js";
import { blockOf, callAt, isOperand, type BlockName, type Place } from "./place.js";

/** What a place wants. */
export type Slot =
  /** `functions`, `data`, ...: those that are not there yet. */
  | { readonly kind: "blocks" }
  | { readonly kind: "statement"; readonly block: BlockName }
  /** An item of a distribution's definition. */
  | { readonly kind: "item" }
  /** `lower`, `upper`. */
  | { readonly kind: "bound" }
  /** A type. */
  | { readonly kind: "type" }
  /** The name of a plate; `opened`: of one that may be opened here. `also`: data with these plates may stand there too. */
  | { readonly kind: "plate"; readonly opened: boolean; readonly sizes: boolean }
  /** The column of `by`. */
  | { readonly kind: "column" }
  /** After the tilde, with the tokens to its left. */
  | { readonly kind: "family"; readonly left: readonly IToken[] }
  /** The family of a group. */
  | { readonly kind: "group family" }
  /** What may go on a statement. */
  | { readonly kind: "word"; readonly words: readonly string[] }
  | { readonly kind: "expression"; readonly block: BlockName | null };

/** Signs after which an expression stands. */
const BEFORE_EXPRESSION: ReadonlySet<string> = new Set([
  "=", "+=", "(", ",", "|", "?", ":", "+", "-", "*", "/", ".*", "./", "^", "%", "==", "!=", "<", "<=", ">", ">=",
  "&&", "||", "!", "[", "return",
]); // prettier-ignore

/** What a place wants; null where only a new name or a number may stand, or a sign. */
export function slotAt(place: Place): Slot | null {
  const { frames, statement } = place;
  const inner = frames.at(-1);
  const block = blockOf(place);
  const last = statement.at(-1);
  const [first] = statement;
  if (inner === undefined) return statement.length === 0 ? { kind: "blocks" } : null;
  if (inner.kind === "bounds")
    return last?.image === "="
      ? { kind: "expression", block }
      : isBefore(last, "<", ",")
        ? { kind: "bound" }
        : null;
  if (inner.kind === "brackets") return inBrackets(place, block);
  if (last === undefined) {
    if (inner.kind === "distribution") return { kind: "item" };
    if (block === "functions")
      return inner.kind === "braces" ? { kind: "type" } : { kind: "statement", block };
    return block === null ? null : { kind: "statement", block };
  }
  if (last.image === "~") return { kind: "family", left: statement.slice(0, -1) };
  if (last.image === "plate") return block === "data" ? null : { kind: "plate", opened: true, sizes: false };
  if (block === "data") return inData(statement);
  if (first?.image === "group" && last.image === ":") return { kind: "group family" };
  if (last.image === "function" || (inner.kind === "call" && isParameterList(place))) return { kind: "type" };
  if (BEFORE_EXPRESSION.has(last.image)) return { kind: "expression", block };
  if (last.image === ")" && callAt(place) === null && statement.some(({ image }) => image === "~"))
    return { kind: "word", words: ["T"] };
  if (last.image === ")" && (first?.image === "if" || first?.image === "for"))
    return block === null ? null : { kind: "statement", block };
  if (last.image === "else") return block === null ? null : { kind: "statement", block };
  return null;
}

const isBefore = (token: IToken | undefined, ...images: readonly string[]): boolean =>
  token !== undefined && images.includes(token.image);

/** The parameters of a function's or distribution's definition: types and new names. */
function isParameterList({ statement }: Place): boolean {
  const [first] = statement;
  const last = statement.at(-1);
  const isHead = first?.image === "function" || first?.image === "distribution";
  return isHead && isBefore(last, "(", ",") && !statement.some(({ image }) => image === "=");
}

function inBrackets({ frames, statement }: Place, block: BlockName | null): Slot | null {
  const frame = frames.at(-1);
  const last = statement.at(-1);
  if (frame?.kind !== "brackets" || (last !== undefined && isOperand(last) && last !== frame.of)) return null;
  const isSize = frame.of !== undefined && tokenMatcher(frame.of, TypeName);
  if (block === "data" && !isSize && statement.some((token) => tokenMatcher(token, TypeName)))
    return { kind: "plate", opened: false, sizes: true };
  return { kind: "expression", block };
}

function inData(statement: readonly IToken[]): Slot | null {
  const [first] = statement;
  const last = statement.at(-1);
  if (first?.image !== "plate") return null;
  if (last?.image === "in") return { kind: "plate", opened: false, sizes: false };
  if (last?.image === "by") return { kind: "column" };
  const has = (word: string): boolean => statement.some(({ image }, i) => i >= 2 && image === word);
  if (statement.length === 2) return { kind: "word", words: ["in", "ordered"] };
  if (has("ordered") || has("by")) return { kind: "word", words: has("ordered") ? [] : ["ordered"] };
  return { kind: "word", words: ["by", "ordered"] };
}

/** The blocks that are not in the text yet. */
export const missingBlocks = (present: readonly string[]): readonly BlockName[] =>
  BLOCKS.filter((name) => !present.includes(name));

/** What a value must be: of scalars its bounds, `some` where they are no numbers. */
export type Wanted = {
  readonly base: "int" | "real";
  readonly shape: "number" | "vector" | "row_vector" | "matrix";
  readonly constraint: VectorConstraint | null;
  readonly lower: number | "some" | null;
  readonly upper: number | "some" | null;
};

const CONSTRAINTS: ReadonlySet<string> = new Set<VectorConstraint>([
  "simplex", "ordered", "positive_ordered", "unit_vector", "corr_matrix", "cov_matrix", "cholesky_factor_corr",
  "cholesky_factor_cov",
]); // prettier-ignore

/** The type that a statement begins with, such as `real<lower=0> sigma`; null if it begins with none. */
export function writtenType(statement: readonly IToken[]): Wanted | null {
  const [first] = statement;
  if (first === undefined || !tokenMatcher(first, TypeName)) return null;
  const { image } = first;
  const bound = (key: string): number | "some" | null => {
    const at = statement.findIndex((token, i) => token.image === key && statement[i + 1]?.image === "=");
    if (at < 0) return null;
    const sign = statement[at + 2]?.image === "-" ? -1 : 1;
    const value = Number(statement[at + (sign === 1 ? 2 : 3)]?.image.replaceAll("_", ""));
    return Number.isNaN(value) ? "some" : sign * value;
  };
  const constraint = CONSTRAINTS.has(image) ? (image as VectorConstraint) : null;
  const isMatrix = /matrix|cholesky/.test(image);
  const shape = image === "int" || image === "real" ? "number" : isMatrix ? "matrix" : image === "row_vector" ? "row_vector" : "vector"; // prettier-ignore
  return {
    base: image === "int" ? "int" : "real",
    shape,
    constraint,
    lower: bound("lower"),
    upper: bound("upper"),
  };
}
