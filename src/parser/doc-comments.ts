// Doc comments: the `///` lines directly before a function or distribution.
import type { Comment } from "../lexer/lexer.js";
import type { SourceFile } from "../source.js";

/** The lines of `///` that end on the line before `offset`, without their marks, joined by line breaks. */
export function docBefore(source: SourceFile, comments: readonly Comment[], offset: number): string {
  const lines: string[] = [];
  let end = offset;
  for (let i = comments.length - 1; i >= 0; i--) {
    const comment = comments[i];
    if (comment === undefined || comment.span.end > end) continue;
    const between = source.text.slice(comment.span.end, end);
    if (!/^[ \t]*\r?\n?[ \t]*$/.test(between) || !/^\/\/\/(?!\/)/.test(comment.text)) break;
    lines.unshift(comment.text.replace(/^\/\/\/ ?/, "").trimEnd());
    end = comment.span.start;
  }
  return lines.join("\n");
}
