// Times an iteration of QEM on examples, and what leads to it, and holds it against another configuration in the same
// run. Markdown on stdout, remarks on stderr.
//
//   npm run build && npm run bench -- [--against unoptimised|reference|-tiles|REVISION] [--case radon:20] ...
//
//   --case NAME[:K[:xN]]  only these (may be repeated); xN: a plate N times as long, with simulated data
//   --against WHAT        a second configuration: unoptimised, reference (the float64 device), any value of --optimize,
//                         or a git revision, which is built in a temporary folder
//   --optimize NAMES      optimisations of the first configuration (default: all)
//   --seconds S           seconds of iterations, for each configuration of a case (default: 1.5)
//   --most-seconds S      leaves out what is predicted to take longer an iteration (default: 2)
//   --patience S          gives up a configuration of a case that says nothing for so many seconds (default: 60)
//   --limit S             begins no other case after so many seconds (default: none)
//   --cold                the first iteration of each model without the driver's cache of shaders, too
//   --figures             times what each optimisation gives, too (two minutes), and draws docs/figures/
//   --docs                writes the tables into docs/performance.md
//   --json FILE           writes all results; --from FILE takes them from there and measures nothing
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../experiments/lib/mppc.mjs";
import { drawFigures, measureSteps } from "./lib/figures.mjs";
import { CASES, casesNamed, labelOf } from "./lib/cases.mjs";
import { against, present } from "./lib/configuration.mjs";
import { measureCase } from "./lib/measure.mjs";
import { renewDocs } from "./lib/docs.mjs";
import { caseTable, peakTable, stepTable } from "./lib/tables.mjs";

/** What is to be left out begins with a dash, which a value may not unless it is joined to its option. */
const args = process.argv
  .slice(2)
  .flatMap((arg, i, all) =>
    /^-[a-z]/.test(arg) && ["--against", "--optimize"].includes(all[i - 1])
      ? []
      : ["--against", "--optimize"].includes(arg) && /^-[a-z]/.test(all[i + 1] ?? "")
        ? [`${arg}=${all[i + 1]}`]
        : [arg],
  );
const { values } = parseArgs({
  args,
  options: {
    case: { type: "string", multiple: true },
    against: { type: "string" },
    optimize: { type: "string", default: "all" },
    seconds: { type: "string", default: "1.5" },
    "most-seconds": { type: "string", default: "2" },
    patience: { type: "string", default: "60" },
    limit: { type: "string", default: "Infinity" },
    cold: { type: "boolean", default: false },
    figures: { type: "boolean", default: false },
    docs: { type: "boolean", default: false },
    json: { type: "string" },
    from: { type: "string" },
  },
});
const remark = (text) => process.stderr.write(`${text}\n`);

/** The adapter's peaks, by what they are of. */
function measurePeaks() {
  const file = join(tmpdir(), `mppc-roofline-${process.pid}.json`);
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "bench", "roofline.mjs"), "--json", file],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(stderr);
  const peaks = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file);
  return peaks;
}

async function measureAll() {
  const begin = performance.now();
  const spent = () => (performance.now() - begin) / 1000;
  const peaks = measurePeaks();
  remark(`peaks measured after ${Math.round(spent())} s`);
  const settings = {
    seconds: Number(values.seconds),
    mostSeconds: Number(values["most-seconds"]),
    patience: Number(values.patience),
  };
  const steps = values.figures ? await measureSteps(settings, remark) : [];
  const second = values.against === undefined ? [] : [against(values.against)];
  const cases = [];
  for (const each of values.case?.flatMap(casesNamed) ?? CASES) {
    if (spent() > Number(values.limit)) {
      remark(`${labelOf(each)} is left out: ${values.limit} s are over`);
      continue;
    }
    // The driver's compiler takes as long over other sizes.
    const cold = values.cold && each.scale === 1 && !cases.some(({ name }) => name === each.name);
    const results = await measureCase(each, [present(values.optimize), ...second], { ...settings, cold });
    cases.push({ ...each, results });
    remark(`${labelOf(each)} after ${Math.round(spent())} s`);
  }
  second.forEach(({ close }) => close());
  return { cores: availableParallelism(), peaks, steps, cases, seconds: spent() };
}

if (!existsSync(join(ROOT, "dist", "cli", "main.js"))) {
  remark("dist/ is missing: run 'npm run build' first");
  process.exit(2);
}
const results =
  values.from === undefined ? await measureAll() : JSON.parse(readFileSync(values.from, "utf8"));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
const machine = `${results.cores} cores, ${results.peaks.description}`;
const tables = {
  cases: `${machine}:\n\n${caseTable(results)}`,
  peaks: `${machine}:\n\n${peakTable(results.peaks)}`,
  ...(results.steps.length > 0 ? { steps: stepTable(results.steps) } : {}),
};
process.stdout.write(`${Object.values(tables).join("\n\n")}\n`);
if (values.figures) await drawFigures(results, join(ROOT, "docs", "figures"));
if (values.docs) renewDocs(join(ROOT, "docs", "performance.md"), tables);
