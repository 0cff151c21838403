// A file as the formatter sees it: its concrete syntax tree, and what stands between its tokens.
import { tokenMatcher } from "../lexer/chevrotain.js";
import { type LexedSource, tokenize } from "../lexer/lexer.js";
import { BlockKeyword, Distribution, Function_, Functions, LeftBrace, RightBrace } from "../lexer/tokens.js";
import { DiagnosticError, hasErrors } from "../diagnostic.js";
import { parseConcrete } from "../parser/parse.js";
import type { SourceFile } from "../source.js";
import type { CstNode } from "./elements.js";
import { Gaps } from "./gaps.js";

/** A file without errors, ready to be laid out. */
export type Written = { readonly source: SourceFile; readonly tree: CstNode; readonly gaps: Gaps };

/** Parses a file, a model or one of a library. Throws a DiagnosticError with everything that is wrong with its syntax. */
export function readSource(source: SourceFile): Written {
  const kind = isLibrary(tokenize(source)) ? "library" : "program";
  const { tree, tokens, comments, diagnostics } = parseConcrete(source, kind);
  if (tree === undefined || hasErrors(diagnostics)) throw new DiagnosticError(diagnostics);
  return { source, tree, gaps: new Gaps(source, tokens, comments) };
}

/** Whether a file holds functions and distributions without a block around them: it starts with one, and has no blocks. */
function isLibrary({ tokens }: LexedSource): boolean {
  const [first] = tokens;
  if (first?.tokenType !== Function_ && first?.tokenType !== Distribution) return false;
  let depth = 0;
  for (const token of tokens) {
    if (token.tokenType === LeftBrace) depth++;
    else if (token.tokenType === RightBrace) depth--;
    else if (depth === 0 && (token.tokenType === Functions || tokenMatcher(token, BlockKeyword)))
      return false;
  }
  return true;
}
