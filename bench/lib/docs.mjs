// Tables in a page, each between the comments <!-- bench:NAME --> and <!-- /bench:NAME -->.
import { readFileSync, writeFileSync } from "node:fs";

/** Puts the tables, by their names, in their places; a table without a place is an error. */
export function renewDocs(path, tables) {
  let text = readFileSync(path, "utf8");
  for (const [name, table] of Object.entries(tables)) {
    const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${path} has no place for the table '${name}'`);
    text = `${text.slice(0, from + begin.length)}\n\n${table}\n\n${text.slice(to)}`;
  }
  writeFileSync(path, text);
}
