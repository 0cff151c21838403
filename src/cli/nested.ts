// JSON of results, with all digits.

/** JSON with every number to 17 significant digits, so that no bit of a float64 is lost. */
export function preciseJson(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toPrecision(17);
  if (Array.isArray(value)) return `[${value.map(preciseJson).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${preciseJson(item)}`)
      .join(", ")}}`;
  return JSON.stringify(value);
}
