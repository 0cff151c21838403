// The command line that does a run again, from the options that its settings keep.
import type { RunSettingsReport } from "./run-report.js";

/** Options that stand on the command line only where they are not these. */
const DEFAULTS: Readonly<Record<string, unknown>> = { method: "qem", start: "tempered", device: "auto" };
/** Options that take several values, one after the other; lists of others are written with commas. */
const SEVERAL: readonly string[] = ["data", "test", "newElements"];

/** A word for the shell: quoted where it holds what the shell would take for something else. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

const flagOf = (option: string): string => `--${option.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

/** `mppc run MODEL --data ...`, to be given in the run's folder. */
export function runCommandText({ model, options }: Pick<RunSettingsReport, "model" | "options">): string {
  const { K, ...others } = options;
  const words = Object.entries(others).flatMap(([name, value]): string[] => {
    if (value === DEFAULTS[name] || value === undefined || value === null) return [];
    if (value === true) return [flagOf(name)];
    const values = [value].flat().map(String);
    return [flagOf(name), ...(SEVERAL.includes(name) ? values : [values.join(",")])];
  });
  const particles = [
    ...(K === undefined || K.all === null ? [] : ["-K", String(K.all)]),
    ...Object.entries(K?.groups ?? {}).flatMap(([group, n]) => ["-K", `${group}=${n}`]),
  ];
  return ["mppc", "run", model.path, ...particles, ...words].map(quoted).join(" ");
}
