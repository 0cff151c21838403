// Tables as a person reads them.
export { byteSize, duration, shown } from "../amounts.js";

/**
 * Columns aligned: the first `leftColumns` to the left (text), the others to the right (numbers). Each line ends in a
 * line break. A cell alone in its row may be wider than its column.
 */
export function alignedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  leftColumns = 1,
): string {
  const whole = rows.filter((row) => row.length > 1);
  const widths = header.map((title, i) => Math.max(title.length, ...whole.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < leftColumns ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [header, ...rows].map((row) => `${line(row)}\n`).join("");
}
