// Pieces of Markdown for the generated reference pages.

const REMARK = "<!-- Made from the sources by `npx vitest run tests/docs.test.ts -u`; edit those. -->";

/** A page from its title and paragraphs, with a remark on where it comes from. */
export const page = (title: string, ...paragraphs: readonly string[]): string =>
  `# ${title}\n\n${REMARK}\n\n${paragraphs.join("\n\n")}\n`;

/** Text inside a table's cell: `|` would end it. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** A table; cells are Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

export const code = (text: string): string => `\`${text}\``;
