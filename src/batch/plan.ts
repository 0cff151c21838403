// From what a batch is to be to its jobs: every combination of models, settings, data sets and seeds.
import type { Diagnostic } from "../diagnostic.js";
import { duplicates, matchesNothing, tooManyJobs } from "./errors.js";
import { isPattern } from "./glob.js";
import { jobId, type InputFile, type Job, type Settings } from "./manifest.js";
import type { Block, Located, Seeds, Setting } from "./spec.js";

/** What a plan takes from outside. */
export type Planner = {
  /** Files that match a pattern, in order. */
  readonly match: (pattern: string) => readonly string[];
  /** A file as the manifest is to name it. Throws where it cannot be read. */
  readonly input: (path: string) => InputFile;
  /**
   * What a setting is that is a file's name: held-out data, or a guide to begin with; null for any other. Diagnostics for
   * names and values that `mppc run` would not take.
   */
  readonly checkSetting: (
    setting: Setting["name"],
    values: Located<readonly string[]>,
  ) => readonly Diagnostic[];
  /** What options come to, defaults included, the same for settings that mean the same. */
  readonly canonical: (settings: Settings) => unknown;
};

/** More jobs than this are a mistake. */
const MOST_JOBS = 1_000_000;
/** Settings whose values are files. */
const FILES = ["test", "init"] as const;

type DataSet = readonly InputFile[];

/**
 * The jobs in order: models as they are named, then settings, data sets and seeds, the last changing fastest, so that
 * jobs that differ by data and seed alone are neighbours. Jobs that are the same by content are one, with a note.
 */
export function planJobs(
  blocks: readonly Block[],
  planner: Planner,
): { readonly jobs: readonly Job[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const jobs = new Map<string, Job>();
  let planned = 0;
  const files = ({ value: pattern, span }: Located<string>): readonly string[] => {
    const found = planner.match(pattern);
    if (found.length === 0) diagnostics.push(matchesNothing(span, pattern, isPattern(pattern)));
    return found;
  };
  for (const block of blocks) {
    const models = block.models.flatMap((model) => files(model).map(planner.input));
    const data =
      block.data.length === 0 ? [[]] : block.data.flatMap((set) => dataSets(set, files, planner.input));
    const seeds = block.seeds.length === 0 ? [{ first: 1, last: 1 }] : block.seeds.map(({ value }) => value);
    for (const { name, alternatives } of block.settings)
      for (const values of alternatives) {
        diagnostics.push(...planner.checkSetting(name, values));
        if (FILES.some((file) => file === name.value))
          for (const value of values.value) files({ value, span: values.span });
      }
    const settings = combinations(block.settings);
    const ofEach = seeds.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    const count = models.length * data.length * settings.length * ofEach;
    if (planned + count > MOST_JOBS) diagnostics.push(tooManyJobs(planned + count, MOST_JOBS));
    if (diagnostics.length > 0) continue;
    planned += count;
    for (const model of models)
      for (const { test, init, own, canonical } of settings.map((s) => settingsOf(s, planner)))
        for (const set of data)
          for (const seed of seeds.flatMap(seedsIn)) {
            const content = { model, data: set, test, init, seed, settings: own };
            const id = jobId(content, canonical);
            if (!jobs.has(id)) jobs.set(id, { id, ...content });
          }
  }
  if (diagnostics.length > 0) return { jobs: [], diagnostics };
  const repeated = planned - jobs.size;
  return { jobs: [...jobs.values()], diagnostics: repeated === 0 ? [] : [duplicates(repeated)] };
}

/** Data sets of patterns that are read together: every combination of what they match. */
function dataSets(
  set: Located<readonly string[]>,
  files: (pattern: Located<string>) => readonly string[],
  input: (path: string) => InputFile,
): DataSet[] {
  return set.value.reduce<DataSet[]>(
    (sets, pattern) => {
      const found = files({ value: pattern, span: set.span }).map(input);
      return sets.flatMap((before) => found.map((file) => [...before, file]));
    },
    [[]],
  );
}

const seedsIn = ({ first, last }: Seeds): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Every combination of the alternatives of each setting. */
const combinations = (settings: readonly Setting[]): Settings[] =>
  settings.reduce<Settings[]>(
    (all, { name, alternatives }) =>
      all.flatMap((before) => alternatives.map(({ value }) => ({ ...before, [name.value]: value }))),
    [{}],
  );

/** Settings that are files apart from those that are not. */
function settingsOf({ test = [], init = [], ...own }: Settings, planner: Planner) {
  const [guide] = init.map(planner.input);
  return {
    test: test.flatMap(planner.match).map(planner.input),
    init: guide ?? null,
    own,
    canonical: planner.canonical(own),
  };
}
