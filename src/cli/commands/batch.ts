// The command `mppc batch` and those below it: their arguments and help.
import { Command, Option } from "commander";
import type { Context } from "../command-line.js";
import { collect, positive, wholeNumber } from "../options.js";

export type PlanOptions = {
  readonly data?: readonly string[];
  readonly seed?: readonly string[];
  readonly K?: readonly string[];
  readonly set?: readonly string[];
  readonly o?: string;
};

export type BatchRunOptions = {
  readonly results?: string;
  readonly jobs: number;
  readonly pack: number | false;
  readonly index?: number;
  readonly perTask: number;
  readonly retryFailed?: true;
  readonly timeout?: number;
  readonly checkpointEvery: number;
  readonly quiet?: true;
};

export type StatusOptions = { readonly results?: string; readonly json?: true };

export const TABLES = ["summary", "evidence", "diagnostics"] as const;
export type CollectOptions = {
  readonly results?: string;
  readonly table: (typeof TABLES)[number];
  readonly o?: string;
};

export type SubmitOptions = {
  readonly slurm?: true;
  readonly kubernetes?: true;
  readonly perTask: number;
  readonly jobs: number;
  readonly results?: string;
  readonly timeout?: number;
  readonly checkpointEvery?: number;
  readonly command: string;
  readonly sbatch?: readonly string[];
  readonly image?: string;
  readonly claim?: string;
  readonly mount: string;
  readonly parallelism: number;
  readonly o?: string;
};

const resultsOption = (): Option =>
  new Option("--results <directory>", "where the results are (default: the manifest's name, -results)");

export function batchCommand(context: Context): Command {
  return new Command("batch")
    .description("Run many jobs: models by data sets by seeds by settings.")
    .usage("<command>")
    .addCommand(planCommand(context))
    .addCommand(runCommand(context))
    .addCommand(statusCommand(context))
    .addCommand(collectCommand(context))
    .addCommand(submitCommand(context))
    .addCommand(workCommand(context), { hidden: true })
    .addHelpText(
      "after",
      "\nExample:\n  mppc batch plan radon.mpp --data 'data/*.json' --seed 1..10 -o jobs.jsonl\n  mppc batch run jobs.jsonl --jobs 4\n  mppc batch collect jobs.jsonl -o summary.csv\n",
    );
}

const planCommand = ({ terminal }: Context): Command =>
  new Command("plan")
    .description("Make a manifest, one line for each job, from a specification or from patterns of files.")
    .usage("[options] <specification.yaml | model>")
    .argument("<specification.yaml | model>", "a batch in YAML, or a model (perhaps a pattern of models)")
    .addOption(
      new Option(
        "--data <pattern...>",
        "data sets: every file that matches is one; a,b: files that are read together",
      ).argParser(collect),
    )
    .addOption(new Option("--seed <seeds...>", "seeds, as in 7, or 1..10 (default: 1)").argParser(collect))
    .addOption(
      new Option("-K <particles>", "particles; given again, each is a setting of its own").argParser(collect),
    )
    .addOption(
      new Option(
        "--set <name=value>",
        "an option of `mppc run` by its long name; given again with another value, each is a setting of its own",
      ).argParser(collect),
    )
    .option("-o <file>", "where to write the manifest (default: stdout)")
    .action(async (path: string, options: PlanOptions) => {
      const { batchPlan } = await import("../actions/batch-plan.js");
      batchPlan(path, options, terminal);
    });

const runCommand = ({ terminal, finish }: Context): Command =>
  new Command("run")
    .description("Do the jobs of a manifest that are not done; those that were stopped go on.")
    .usage("[options] <manifest>")
    .argument("<manifest>", "what `mppc batch plan` wrote")
    .option("--jobs <n>", "processes that do jobs at the same time", wholeNumber(1, 1024), 1)
    .addOption(
      new Option("--pack <n>", "the most jobs of one model that a process does together on its device")
        .argParser(wholeNumber(1, 4096))
        .default(64),
    )
    .option("--no-pack", "do every job alone")
    .option("--index <i>", "do only the jobs of this task, counted from 0", wholeNumber(0))
    .option("--per-task <n>", "how many jobs a task has", wholeNumber(1), 1)
    .option("--retry-failed", "do jobs that failed once more")
    .option("--timeout <seconds>", "give up a job that takes longer", positive)
    .option("--checkpoint-every <seconds>", "how often each job saves what is done", positive, 30)
    .addOption(resultsOption())
    .option("--quiet", "no progress")
    .action(async (manifest: string, options: BatchRunOptions) => {
      const { batchRun } = await import("../actions/batch-run.js");
      finish(await batchRun(manifest, options, terminal));
    });

const statusCommand = ({ terminal }: Context): Command =>
  new Command("status")
    .description("Say how far the jobs of a manifest are, and what went wrong.")
    .usage("[options] <manifest>")
    .argument("<manifest>", "what `mppc batch plan` wrote")
    .addOption(resultsOption())
    .option("--json", "print the state of every job as JSON")
    .action(async (manifest: string, options: StatusOptions) => {
      const { batchStatus } = await import("../actions/batch-status.js");
      batchStatus(manifest, options, terminal);
    });

const collectCommand = ({ terminal }: Context): Command =>
  new Command("collect")
    .description("Put the results of all jobs that are done into one table, as CSV.")
    .usage("[options] <manifest>")
    .argument("<manifest>", "what `mppc batch plan` wrote")
    .addOption(
      new Option("--table <table>", "which results: of quantities, of jobs, or of groups of latents")
        .choices(TABLES)
        .default("summary"),
    )
    .addOption(resultsOption())
    .option("-o <file>", "where to write the table (default: stdout)")
    .action(async (manifest: string, options: CollectOptions) => {
      const { batchCollect } = await import("../actions/batch-collect.js");
      batchCollect(manifest, options, terminal);
    });

const submitCommand = ({ terminal }: Context): Command =>
  new Command("submit")
    .description(
      "Write what gives a manifest to a scheduler: a script for sbatch, or a job for kubectl apply.",
    )
    .usage("[options] <manifest>")
    .argument("<manifest>", "what `mppc batch plan` wrote")
    .option("--slurm", "a script for Slurm's sbatch, of an array of tasks")
    .option("--kubernetes", "an indexed job for Kubernetes")
    .option("--per-task <n>", "how many jobs a task does", wholeNumber(1), 1)
    .option("--jobs <n>", "processes of a task that do jobs at the same time", wholeNumber(1, 1024), 1)
    .option("--timeout <seconds>", "give up a job that takes longer", positive)
    .option("--checkpoint-every <seconds>", "how often each job saves what is done (default: 30)", positive)
    .addOption(resultsOption())
    .option("--command <words>", "what starts mppc there", "mppc")
    .addOption(
      new Option("--sbatch <option>", "a further option of sbatch, as in --sbatch=--partition=gpu").argParser(
        collect,
      ),
    )
    .option("--image <image>", "for Kubernetes: the image that mppc is in")
    .option("--claim <name>", "for Kubernetes: the persistent volume claim with the manifest and its files")
    .option(
      "--mount <path>",
      "for Kubernetes: where that is mounted; the manifest's path is relative to it",
      "/batch",
    )
    .option("--parallelism <n>", "for Kubernetes: how many pods run at the same time", wholeNumber(1), 10)
    .option("-o <file>", "where to write it (default: stdout)")
    .action(async (manifest: string, options: SubmitOptions) => {
      const { batchSubmit } = await import("../actions/batch-submit.js");
      batchSubmit(manifest, options, terminal);
    });

/** What `mppc batch run` starts; nobody else has a use for it. */
const workCommand = ({ terminal }: Context): Command =>
  new Command("work").description("Do the jobs that `mppc batch run` hands out.").action(async () => {
    const { batchWork } = await import("../actions/batch-work.js");
    await batchWork(terminal);
  });
