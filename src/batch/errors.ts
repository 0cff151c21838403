// What can be wrong with a batch: the only place that holds the text of these messages.
import type { Diagnostic } from "../diagnostic.js";
import type { Span } from "../source.js";

const error = (code: string, message: string, hint?: string): Diagnostic => ({
  code,
  severity: "error",
  message,
  ...(hint === undefined ? {} : { hint }),
});

/** A mistake in a specification has a place; one on the command line has none. */
const at = (span: Span | undefined, diagnostic: Diagnostic): Diagnostic =>
  span === undefined ? diagnostic : { ...diagnostic, span };

const meant = (suggestion: string | undefined, all: readonly string[], what: string): string =>
  suggestion === undefined ? `${what} ${all.join(", ")}` : `did you mean '${suggestion}'?`;

// The specification of a batch.

export const notYaml = (span: Span, reason: string): Diagnostic =>
  at(span, error("E1201", `this is not YAML: ${reason}`));
export const unknownKey = (
  span: Span,
  key: string,
  suggestion: string | undefined,
  keys: readonly string[],
): Diagnostic =>
  at(
    span,
    error(
      "E1202",
      `'${key}' means nothing in a batch's specification`,
      meant(suggestion, keys, "its keys are"),
    ),
  );
export const noModels = (span: Span | undefined): Diagnostic =>
  at(span, error("E1203", "this names no models", "add 'models: model.mpp'"));
export const wrongShape = (span: Span, what: string, expected: string, found: string): Diagnostic =>
  at(span, error("E1204", `${what} should be ${expected}, found ${found}`));
export const wrongSeeds = (span: Span | undefined, text: string): Diagnostic =>
  at(
    span,
    error(
      "E1205",
      `'${text}' is no seed and no range of seeds`,
      "write whole numbers from 0 to 4294967295, as in 1, or 1..10",
    ),
  );
export const matchesNothing = (span: Span | undefined, pattern: string, isPattern: boolean): Diagnostic =>
  at(
    span,
    error(
      "E1206",
      isPattern ? `no file matches '${pattern}'` : `there is no file '${pattern}'`,
      "paths are relative to the specification's folder, or on the command line to the present one",
    ),
  );
export const unknownSetting = (
  span: Span | undefined,
  name: string,
  suggestion: string | undefined,
  names: readonly string[],
): Diagnostic =>
  at(
    span,
    error("E1207", `'mppc run' has no option '${name}'`, meant(suggestion, names, "what can be set is")),
  );
export const settingOfTheBatch = (span: Span | undefined, name: string, instead: string): Diagnostic =>
  at(span, error("E1208", `'${name}' is not a setting of a batch's jobs`, instead));
export const wrongSetting = (
  span: Span | undefined,
  name: string,
  value: string,
  reason: string,
): Diagnostic => at(span, error("E1209", `'${name}' cannot be '${value}': ${reason}`));
export const tooManyJobs = (count: number, most: number): Diagnostic =>
  error(
    "E1210",
    `this would be ${count.toLocaleString("en-US")} jobs, and ${most.toLocaleString("en-US")} are the most`,
    "make several batches of it",
  );
export const specificationAlone = (option: string): Diagnostic =>
  error(
    "E1220",
    `${option} cannot be given with a specification, which says everything itself`,
    "write it into the specification",
  );
export const duplicates = (count: number): Diagnostic => ({
  code: "N1201",
  severity: "note",
  message:
    count === 1
      ? "a job that is the same as another, by content, is left out"
      : `${count} jobs that are the same as others, by content, are left out`,
});

// Manifests.

export const notAManifest = (path: string): Diagnostic =>
  error(
    "E1211",
    `'${path}' is not a batch's manifest`,
    "make one with: mppc batch plan MODEL --data 'data/*.json' -o jobs.jsonl",
  );
export const otherManifestVersion = (path: string, version: string): Diagnostic =>
  error(
    "E1212",
    `'${path}' is a manifest of version ${version}, which this mppc cannot read`,
    "plan the batch again",
  );
export const wrongJob = (span: Span, reason: string): Diagnostic =>
  at(span, error("E1213", `this line holds no job: ${reason}`, "plan the batch again"));
export const noSuchJob = (index: number, tasks: number): Diagnostic =>
  error(
    "E1214",
    tasks === 0
      ? `there is no task ${index}: the batch has no jobs`
      : `there is no task ${index}: the batch has ${tasks === 1 ? "only task 0" : `those from 0 to ${tasks - 1}`}`,
  );

export const whichScheduler = (both: boolean): Diagnostic =>
  error(
    "E1221",
    both
      ? "a script is for Slurm or for Kubernetes, not for both"
      : "this does not say which scheduler the script is for",
    "give --slurm or --kubernetes",
  );
export const nothingToSubmit = (manifest: string): Diagnostic =>
  error("E1222", `there are no jobs in '${manifest}'`);
export const clusterUnknown = (missing: readonly string[]): Diagnostic =>
  error(
    "E1223",
    `Kubernetes has to know ${missing.join(" and ")}`,
    "give --image IMAGE, in which mppc is, and --claim NAME, the persistent volume claim that holds the manifest's files",
  );

// Jobs.

export const changedFile = (path: string): Diagnostic =>
  error(
    "E1215",
    `'${path}' has changed since the batch was planned`,
    "plan the batch again: what has not changed is not done again",
  );
export const crashed = (how: string): Diagnostic =>
  error(
    "E1216",
    `the process of this job ended without a word (${how}), perhaps for want of memory or in the device's driver`,
    "run with fewer particles (K), fewer at a time (--jobs), or device: reference",
  );
export const timedOut = (seconds: number): Diagnostic =>
  error(
    "E1217",
    `this job took more than ${seconds} s`,
    "with a longer --timeout and --retry-failed it goes on from its checkpoint",
  );
export const noWorkers = (how: string, words: string): Diagnostic =>
  error(
    "E1218",
    `the processes that do the batch's jobs end as soon as they are started (${how})${words === "" ? "" : `: ${words}`}`,
  );
export const nothingToCollect = (directory: string): Diagnostic =>
  error(
    "E1219",
    `no job of this batch is done in '${directory}'`,
    "run the batch first, or name where its results are with --results",
  );
