// What every part of the tree builder shares: the source, the diagnostics, and which nodes hold syntax errors.
import type { CstNode } from "chevrotain";
import type { Diagnostic } from "../diagnostic.js";
import type { Comment } from "../lexer/lexer.js";
import type { Name, SourceFile } from "../source.js";
import type { Expression } from "./ast.js";
import { nodeSpan } from "./cst.js";
import { docBefore } from "./doc-comments.js";
import * as errors from "./errors.js";
import { operandsOf } from "./operands.js";
import type { Segments } from "./segments.js";

/** How many operations an expression may have one inside the other, so that recursion over it is safe. */
export const MAX_DEPTH = 400;

/** Every operation is written with a character at least, so that such an expression is not too deep. */
const isShort = ({ span }: Expression): boolean => span.end - span.start <= MAX_DEPTH;

/** `undefined` stands for a part with a syntax error, which has been reported. */
export type Maybe<T> = T | undefined;

export class Context {
  readonly diagnostics: Diagnostic[] = [];
  readonly brokenNames: Name[] = [];
  /** Of the expressions long enough that they may be too deep. */
  private readonly depths = new Map<Expression, number>();

  /** `faults` are the offsets of the syntax errors that made the parser skip something. */
  constructor(
    readonly source: SourceFile,
    private readonly comments: readonly Comment[],
    private readonly segments: Segments,
    private readonly faults: readonly number[],
  ) {}

  /** Reports a mistake, unless its statement has an error already. */
  report(diagnostic: Diagnostic): void {
    if (diagnostic.span === undefined || !this.segments.isFaulty(diagnostic.span.start))
      this.diagnostics.push(diagnostic);
  }

  /** Reports a missing semicolon at `end`; what follows on the same line is not complained about as well. */
  reportMissingSemicolon(end: number): void {
    this.diagnostics.push(errors.missingSemicolon({ source: this.source, start: end, end }));
    if (!/^\s*?(\n|\}|$)/.test(this.source.text.slice(end))) this.segments.markFaulty(end);
  }

  /** Was a syntax error found inside this node? */
  isBroken(node: CstNode | undefined): boolean {
    if (node === undefined || node.recoveredNode === true) return true;
    const { start, end } = nodeSpan(this.source, node);
    return this.faults.some((offset) => offset >= start && offset < end);
  }

  /** Notes names that are declared in a statement that could not be understood. */
  breakNames(names: readonly Maybe<Name>[]): void {
    for (const name of names) if (name !== undefined) this.brokenNames.push(name);
  }

  /** Registers a new expression; undefined, with a diagnostic, if it is too deep to be worked on safely. */
  expression(expression: Expression): Maybe<Expression> {
    if (isShort(expression)) return expression;
    const depth = this.depthOf(expression);
    this.depths.set(expression, depth);
    if (depth <= MAX_DEPTH) return expression;
    this.report(errors.expressionTooLarge(expression.span, MAX_DEPTH));
    return undefined;
  }

  private depthOf(expression: Expression): number {
    let below = 0;
    for (const part of operandsOf(expression))
      below = Math.max(below, this.depths.get(part) ?? this.depthOf(part));
    return below + 1;
  }

  /** The text of the `///` lines that stand directly before `offset`. */
  docBefore(offset: number): string {
    return docBefore(this.source, this.comments, offset);
  }
}

/** All of them, or undefined if one is missing. */
export function all<T>(values: readonly Maybe<T>[]): Maybe<T[]> {
  const present = values.filter((value) => value !== undefined);
  return present.length === values.length ? present : undefined;
}
