// Where the program `mppc` is, and with which arguments it is called: what needs no editor.
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { dirname, join, parse } from "node:path";

/** What is known of where to look. */
export type Places = {
  /** The setting `mppc.path`; empty if it is not set. */
  readonly setting: string;
  /** The folder of the model, or of the workspace. */
  readonly folder: string | undefined;
  readonly platform: NodeJS.Platform;
};

/** How to start `mppc`; `shell`: Windows starts scripts only through one. */
export type Program = { readonly command: string; readonly shell: boolean };

/** The program of the setting, of the nearest `node_modules`, or whatever the command line finds under its name. */
export function findProgram({ setting, folder, platform }: Places): Program {
  const isWindows = platform === "win32";
  const startedBy = (command: string): Program => ({
    command: isWindows && /[\s&]/.test(command) ? `"${command}"` : command,
    shell: isWindows,
  });
  if (setting.trim() !== "") return startedBy(withHome(setting.trim()));
  for (const above of folder === undefined ? [] : foldersUpFrom(folder)) {
    const local = join(above, "node_modules", ".bin", isWindows ? "mppc.cmd" : "mppc");
    if (isProgram(local)) return startedBy(local);
  }
  return startedBy("mppc");
}

const withHome = (path: string): string => path.replace(/^~(?=$|[/\\])/, process.env["HOME"] ?? "~");

function foldersUpFrom(folder: string): readonly string[] {
  const root = parse(folder).root;
  return folder === root || dirname(folder) === folder
    ? [folder]
    : [folder, ...foldersUpFrom(dirname(folder))];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** `mppc run`, its progress in lines. */
export const runArguments = (
  model: string,
  data: readonly string[],
  output: string,
  further: readonly string[],
): readonly string[] => [
  "run",
  model,
  ...data.flatMap((file) => ["--data", file]),
  "--output",
  output,
  ...further,
];

export const reportArguments = (run: string): readonly string[] => ["report", run, "--output", reportIn(run)];

/** Where the report of a run is written. */
export const reportIn = (run: string): string => join(run, "report.html");

export const checkArguments = (model: string): readonly string[] => ["check", model];

/** An argument as a shell takes it, for showing a command to its user. */
const quoted = (argument: string): string =>
  /^[\w@%+=:,./\\-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;

/** A command as its user would type it. */
export const shown = (program: Program, args: readonly string[]): string =>
  [program.command, ...args.map(quoted)].join(" ");

/** JSON files that belong to tools and are nobody's data. */
const TOOLS = /^(?:package|package-lock|tsconfig|jsconfig)\b.*\.json$/;

/** The files in the folder of a model that may be its data, by name; none where the folder cannot be read. */
export function dataBeside(model: string): readonly string[] {
  const folder = dirname(model);
  const isData = (name: string): boolean => /^[^.].*\.(?:json|csv)$/i.test(name) && !TOOLS.test(name);
  try {
    return readdirSync(folder)
      .filter(isData)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
