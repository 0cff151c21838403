// What tells the jobs of a batch apart, as columns of tables.
import type { Job } from "../../batch/manifest.js";

export type Column = { readonly name: string; readonly of: (job: Job) => string };

const paths = (files: readonly { readonly path: string }[]): string =>
  files.map((file) => file.path).join(" ");

/** Settings that are not the same for all jobs. */
function settingColumns(jobs: readonly Job[]): Column[] {
  const names = [...new Set(jobs.flatMap((job) => Object.keys(job.settings)))];
  const of = (name: string) => (job: Job) => (job.settings[name] ?? []).join(" ");
  return names
    .map((name) => ({ name, of: of(name) }))
    .filter((column) => new Set(jobs.map(column.of)).size > 1);
}

/** The model, the data and the seed of each job, what else varies among them, and before all its id. */
export const jobColumns = (jobs: readonly Job[]): Column[] => [
  { name: "job", of: (job) => job.id },
  { name: "model", of: (job) => job.model.path },
  { name: "data", of: (job) => paths(job.data) },
  { name: "seed", of: (job) => String(job.seed) },
  ...settingColumns(jobs),
];
