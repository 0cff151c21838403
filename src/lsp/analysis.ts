// What the server knows of a text: its tokens, its tree, what every name and expression is, and what is wrong with it.
import { tokenize, type LexedSource } from "../lexer/lexer.js";
import { checkSource, type CheckedModel } from "../compile.js";
import type { Diagnostic } from "../diagnostic.js";
import type { Program } from "../parser/ast.js";
import type { SourceFile } from "../source.js";
import { newRecorder, type Recording } from "../typecheck/record.js";
import { analyseLibraryFile, isLibraryFile } from "./library-file.js";

export type Analysis = {
  readonly source: SourceFile;
  /** What could be understood; of a file of the library, its definitions alone. */
  readonly syntax: Program;
  readonly recording: Recording;
  /** Null where the text has an error. */
  readonly checked: CheckedModel | null;
  /** What parser and type checker found, in the order in which they did. */
  readonly diagnostics: readonly Diagnostic[];
  /** Tokens and comments. */
  readonly lexed: LexedSource;
};

/** Parses and checks a text. Never throws, whatever it is. */
export function analyse(source: SourceFile): Analysis {
  const { checked, ...found } = isLibraryFile(source) ? analyseLibraryFile(source) : analyseModel(source);
  let lexed: LexedSource | undefined;
  return {
    source,
    ...found,
    checked,
    get lexed() {
      return (lexed ??= tokenize(source));
    },
  };
}

/** The part of an analysis that parsing and checking gives. */
export type Findings = Pick<Analysis, "syntax" | "recording" | "checked" | "diagnostics">;

function analyseModel(source: SourceFile): Findings {
  const { recorder, told } = newRecorder();
  const { checked, syntax, diagnostics, partial, library } = checkSource(source, recorder);
  return { syntax, checked, diagnostics, recording: { ...told(), partial, library } };
}
