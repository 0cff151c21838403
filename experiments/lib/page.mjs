// Pages of docs/experiments: what an experiment found is written between the markers of its page.
import { readFileSync, writeFileSync } from "node:fs";

/** A Markdown table of cells that are text or numbers. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A number with so many significant digits, or a dash. */
export const figure = (value, digits = 3) => {
  if (value === undefined || !Number.isFinite(value)) return "-";
  const text = value.toPrecision(digits);
  return text.includes("e") ? Number(text).toString() : text;
};

/** A number with so many decimals, or a dash. */
export const fixed = (value, decimals = 2) =>
  value === undefined || !Number.isFinite(value) ? "-" : value.toFixed(decimals);

/** Numbers of particles by estimator, in words. */
export const countsInWords = (counts) =>
  `K = ${counts["massively-parallel"].join(", ")} massively parallel and ${counts.global.join(", ")} global`;

/** Replaces what stands between `<!-- NAME -->` and `<!-- end of NAME -->`. */
export function fill(path, sections) {
  let text = readFileSync(path, "utf8");
  for (const [name, content] of Object.entries(sections)) {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${path} has no section '${name}'`);
    text = `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
  }
  writeFileSync(path, text);
}

export const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
export const variance = (values) => {
  const centre = mean(values);
  return values.reduce((sum, x) => sum + (x - centre) ** 2, 0) / Math.max(1, values.length - 1);
};
