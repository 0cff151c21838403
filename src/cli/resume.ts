// The options of a run that goes on: those that it was begun with; what the user repeats must agree with them.
import { isAbsolute, relative, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { readUnfinished } from "./checkpoints.js";
import type { RunOptions } from "./commands/run.js";
import { otherSettings } from "./errors.js";
import { UsageError } from "./failures.js";
import type { Particles } from "./options.js";
import type { RunSettingsReport } from "./run-report.js";

/** Options that do not bear on a run's numbers: the present command's count. */
const OWN = ["resume", "output", "json", "all", "diagnostics", "quiet", "checkpointEvery"] as const;

/** Options as `settings.json` has them: particles of groups as an object. */
export type StoredOptions = Readonly<Record<string, unknown>> & {
  readonly K?: { readonly all: number | null; readonly groups: Readonly<Record<string, number>> };
};

export function storedOptions(options: RunOptions): StoredOptions {
  const kept = Object.entries(options).filter(([name]) => !OWN.some((own) => own === name));
  const { K } = options;
  const particles = K && { all: K.all, groups: Object.fromEntries(K.groups) };
  return { ...Object.fromEntries(kept), ...(particles === undefined ? {} : { K: particles }) };
}

const revived = ({ K, ...rest }: StoredOptions): Partial<RunOptions> => {
  const particles: Particles | undefined = K && { all: K.all, groups: new Map(Object.entries(K.groups)) };
  return { ...(rest as Partial<RunOptions>), ...(particles === undefined ? {} : { K: particles }) };
};

/** `drawsFrom` as it is written: --draws-from. */
const flag = (option: string): string =>
  option.length === 1 ? `-${option}` : `--${option.replaceAll(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;

/**
 * The model and options of the unfinished run in `given.resume`. `explicit`: the options that the user wrote; a
 * UsageError names those that differ from the run's.
 */
export function resumedRun(
  model: string | undefined,
  given: RunOptions,
  explicit: readonly string[],
): { readonly model: string; readonly options: RunOptions } {
  const directory = given.resume ?? "";
  const { settings } = readUnfinished(directory);
  const now = storedOptions(given);
  const differing = explicit
    .filter((name) => name !== "data" && name in now && !isDeepStrictEqual(now[name], settings.options[name]))
    .map(flag);
  if (differing.length > 0) throw new UsageError(otherSettings(directory, differing));
  const place = (path: string): string => fromHere(settings.folder, path);
  const data = given.data ?? settings.data.map(({ path }) => place(path));
  const stored = revived(settings.options);
  const init = stored.init === undefined ? {} : { init: place(stored.init) };
  const test = stored.test === undefined ? {} : { test: stored.test.map(place) };
  return {
    model: model ?? place(settings.model.path),
    options: { ...given, ...stored, ...init, ...test, ...own(given), data },
  };
}

const own = (given: RunOptions): Partial<RunOptions> =>
  Object.fromEntries(Object.entries(given).filter(([name]) => OWN.some((each) => each === name)));

/** A path that was relative to `folder`, as the user would write it here. */
export const fromHere = (folder: string, path: string): string =>
  isAbsolute(path) || folder === process.cwd() ? path : relative("", resolve(folder, path));

/** What of a run's settings decides its numbers, each with the name that a message gives it. */
const decisive = (settings: RunSettingsReport): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>([
    ["the model", settings.model.sha256],
    ["the data", settings.data.map(({ sha256 }) => sha256)],
    ["the device", settings.device],
    ["the version of mppc", settings.versions.mppc],
    ["the particles", settings.particles],
    ["the seed", settings.seed],
  ]);

/** Throws a UsageError where the run would not go on with what it began with. */
export function checkUnchanged(directory: string, before: RunSettingsReport, now: RunSettingsReport): void {
  const other = decisive(now);
  const differing = [...decisive(before)].flatMap(([name, value]) =>
    isDeepStrictEqual(JSON.parse(JSON.stringify(other.get(name) ?? null)), value) ? [] : [name],
  );
  if (differing.length > 0) throw new UsageError(otherSettings(directory, differing));
}
