// Text to syntax tree: what the other stages call. It reports every syntax error it finds and never throws.
import type { CstNode, IToken } from "chevrotain";
import type { Diagnostic } from "../diagnostic.js";
import { type Comment, tokenize, tokenSpan } from "../lexer/lexer.js";
import type { SourceFile } from "../source.js";
import type { FunctionItem, Program } from "./ast.js";
import { balanceBrackets, type FileKind, MAX_NESTING, tooDeeplyNested } from "./brackets.js";
import { Context } from "./context.js";
import * as errors from "./errors.js";
import { functionItems } from "./functions.js";
import { grammar } from "./grammar.js";
import { mendHeads } from "./heads.js";
import { programOf } from "./program.js";
import { Segments } from "./segments.js";
import { explainErrors } from "./syntax-errors.js";

/**
 * Parses a model. The program holds what could be understood: statements with a syntax error are left out, and the
 * names they declare are in `brokenNames`.
 */
export function parseModel(source: SourceFile): { program: Program; diagnostics: Diagnostic[] } {
  const { tree, cx, diagnostics, isEmpty, hasStrays } = parse(source, "program");
  if (tree === undefined || isEmpty) return { program: emptyProgram(source), diagnostics };
  const program = programOf(cx, tree, hasStrays);
  return { program, diagnostics: inOrder([...diagnostics, ...cx.diagnostics]) };
}

/** Parses a file of the library: functions and distributions, without a block around them. */
export function parseLibrary(source: SourceFile): { functions: FunctionItem[]; diagnostics: Diagnostic[] } {
  const { tree, cx, diagnostics } = parse(source, "library");
  const functions = functionItems(cx, tree);
  return { functions, diagnostics: inOrder([...diagnostics, ...cx.diagnostics]) };
}

/** A file with everything that was written in it: the concrete syntax tree, and the comments between its tokens. */
export type ConcreteSource = {
  /** Undefined if the file could not be parsed at all; exact, every token of the file in it, if there is no error. */
  readonly tree: CstNode | undefined;
  readonly tokens: readonly IToken[];
  readonly comments: readonly Comment[];
  readonly diagnostics: readonly Diagnostic[];
};

/** Parses a file for those who need its tokens and comments; the diagnostics are those of the other two functions. */
export function parseConcrete(source: SourceFile, file: FileKind): ConcreteSource {
  const { tree, cx, tokens, comments, isEmpty, hasStrays, diagnostics } = parse(source, file);
  if (file === "library") functionItems(cx, tree);
  else if (tree !== undefined && !isEmpty) programOf(cx, tree, hasStrays);
  return { tree, tokens, comments, diagnostics: inOrder([...diagnostics, ...cx.diagnostics]) };
}

type Parsed = {
  /** Undefined if the file could not be parsed at all. */
  readonly tree: CstNode | undefined;
  readonly tokens: readonly IToken[];
  readonly comments: readonly Comment[];
  readonly cx: Context;
  readonly diagnostics: Diagnostic[];
  readonly isEmpty: boolean;
  /** Something stands outside of every block. */
  readonly hasStrays: boolean;
};

/** Lexer, brackets and grammar; of every statement only the first syntax error is kept. */
function parse(source: SourceFile, file: FileKind): Parsed {
  const lexed = tokenize(source);
  const named =
    file === "program" ? mendHeads(source, lexed.tokens) : { tokens: lexed.tokens, diagnostics: [] };
  const balanced = balanceBrackets(source, named.tokens, file, lexed.isCut);
  const diagnostics = [...lexed.diagnostics, ...named.diagnostics, ...balanced.diagnostics];
  const segments = new Segments(balanced.tokens, balanced.nested);
  const faults = [...lexed.diagnostics.flatMap((d) => d.span?.start ?? []), ...balanced.mended];
  const isEmpty = balanced.tokens.length === 0;
  const { comments } = lexed;
  const read = { tokens: balanced.tokens, comments, diagnostics, isEmpty };
  const context = (): Context => new Context(source, comments, segments, faults);

  const tooDeep = tooDeeplyNested(balanced.tokens);
  if (tooDeep) diagnostics.push(errors.nestedTooDeeply(tokenSpan(source, tooDeep), MAX_NESTING));
  else if (isEmpty && file === "program" && diagnostics.length === 0)
    diagnostics.push(errors.emptyFile(whole(source)));
  if (tooDeep || isEmpty) return { ...read, tree: undefined, cx: context(), hasStrays: false };

  faults.forEach((offset) => segments.markFaulty(offset));
  const { tree, errors: exceptions } = grammar().parse(file, [...balanced.tokens], balanced.nested);
  for (const { diagnostic, offset, recovered } of explainErrors(source, balanced.tokens, exceptions)) {
    if (!segments.isFaulty(offset)) diagnostics.push(diagnostic);
    if (recovered) continue;
    segments.markFaulty(offset);
    faults.push(offset);
  }
  const hasStrays = exceptions.some((exception) => exception.context.ruleStack.length <= 1);
  return { ...read, tree, cx: context(), hasStrays };
}

const whole = (source: SourceFile) => ({ source, start: 0, end: source.text.length });

const emptyProgram = (source: SourceFile): Program => ({
  functions: [], data: [], parameters: [], model: [], guide: [], generated: [],
  blocks: [], brokenNames: [], span: whole(source),
}); // prettier-ignore

const inOrder = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
  [...diagnostics].sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
