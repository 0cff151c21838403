// Pieces of Markdown for what editors show.

/** A block of the language's code. */
export const code = (text: string): string => `\`\`\`mpp\n${text}\n\`\`\``;

/** A piece of code within a sentence. */
export const inline = (text: string): string => `\`${text}\``;

/** Names, as code, with commas between. */
export const names = (of: readonly { readonly name: string }[]): string =>
  of.map(({ name }) => inline(name)).join(", ");

/** Lines with numbers. */
export const numbered = (lines: readonly string[]): string =>
  lines.map((line, i) => `${i + 1}. ${line}`).join("\n");

/** Plain text, of which what stands between backquotes is code. */
export const prose = (text: string): string =>
  text
    .split(/(`[^`\n]*`)/)
    .map((part, i) => (i % 2 === 1 ? part : part.replace(/[\\*_<>[\]#]/g, "\\$&")))
    .join("");
