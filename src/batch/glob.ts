// Files that match a pattern such as data/*.json.
import { readdirSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";

/** Whether a path is a pattern: `*` and `?` stand for parts of a name, `**` for folders, `[ab]` for one of these. */
export const isPattern = (path: string): boolean => /[*?[]/.test(path);

/**
 * The files that match, relative to `folder` as the pattern is, in order of their names; a path that is no pattern matches
 * a file that is there. Names that begin with a dot match only patterns that do.
 */
export function matchFiles(pattern: string, folder: string): readonly string[] {
  const inFolder = (path: string): string => (isAbsolute(path) ? path : join(folder, path));
  if (!isPattern(pattern))
    return statSync(inFolder(pattern), { throwIfNoEntry: false })?.isFile() === true ? [pattern] : [];
  const found = new Set<string>();
  const list = (path: string) => {
    try {
      return readdirSync(inFolder(path === "" ? "." : path), { withFileTypes: true });
    } catch {
      return [];
    }
  };
  const isFolder = (path: string): boolean =>
    statSync(inFolder(path), { throwIfNoEntry: false })?.isDirectory() === true;
  const isFile = (path: string): boolean =>
    statSync(inFolder(path), { throwIfNoEntry: false })?.isFile() === true;
  const walk = (path: string, parts: readonly string[]): void => {
    const [part = "", ...rest] = parts;
    const below = (name: string): string =>
      path === "" || path.endsWith("/") ? path + name : `${path}/${name}`;
    if (part === "**") {
      walk(path, rest);
      for (const entry of list(path))
        // Links to folders could lead in a circle.
        if (entry.isDirectory() && !entry.name.startsWith(".")) walk(below(entry.name), parts);
      return;
    }
    const names = isPattern(part)
      ? list(path)
          .map((entry) => entry.name)
          .filter((name) => nameMatcher(part)(name))
      : [part];
    for (const name of names) {
      if (rest.length > 0 && isFolder(below(name))) walk(below(name), rest);
      if (rest.length === 0 && isFile(below(name))) found.add(below(name));
    }
  };
  const given = pattern.split("/");
  const parts = given.at(-1) === "**" ? [...given, "*"] : given;
  if (parts[0] === "") walk("/", parts.slice(1));
  else walk("", parts);
  return [...found].sort();
}

/** Whether a name matches a pattern without slashes. */
function nameMatcher(pattern: string): (name: string) => boolean {
  const source = pattern.replaceAll(
    /\[([!^]?)([^\]]+)\]|[.*+?^${}()|[\]\\]/g,
    (all, not: string, set: string | undefined) => {
      if (set !== undefined) return `[${not === "" ? "" : "^"}${set.replaceAll(/[\\^]/g, "\\$&")}]`;
      return all === "*" ? ".*" : all === "?" ? "." : `\\${all}`;
    },
  );
  const whole = new RegExp(`^${source}$`, "s");
  return (name) => whole.test(name) && (pattern.startsWith(".") || !name.startsWith("."));
}
