// The papers' experiments, one command each. Without --full they run at a reduced size, in about a minute each.
//
//   npm run experiments -- [NAME...] [--full] [--docs] [--json FILE]
//
// --docs writes the tables and figures into docs/experiments/; --json writes the numbers.
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawFigure } from "./lib/figure.mjs";
import { ROOT } from "./lib/mppc.mjs";
import { fill } from "./lib/page.mjs";

/** Each exports `experiment({ full, say })`, which resolves to { tables, figures, rows }. */
const EXPERIMENTS = {
  importance: "./importance.mjs",
  wake_sleep: "./wake_sleep.mjs",
  methods: "./methods.mjs",
  toy_series: "./toy_series.mjs",
  draws: "./draws.mjs",
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: "boolean" }, docs: { type: "boolean" }, json: { type: "string" } },
});
const unknown = positionals.filter((name) => !(name in EXPERIMENTS));
if (unknown.length > 0) {
  process.stderr.write(
    `no experiment '${unknown.join("', '")}'; there are ${Object.keys(EXPERIMENTS).join(", ")}\n`,
  );
  process.exit(2);
}

const results = {};
for (const name of positionals.length > 0 ? positionals : Object.keys(EXPERIMENTS)) {
  const { experiment } = await import(EXPERIMENTS[name]);
  const begin = performance.now();
  const say = (line) => process.stderr.write(`${name}: ${line}\n`);
  const { tables, figures, rows } = await experiment({ full: values.full ?? false, say });
  const seconds = Math.round((performance.now() - begin) / 1000);
  results[name] = rows;
  for (const [title, text] of Object.entries(tables))
    process.stdout.write(`${name}: ${title}\n\n${text}\n\n`);
  say(`${seconds} s`);
  if (values.docs !== true) continue;
  for (const [file, specification] of Object.entries(figures))
    await drawFigure(join(ROOT, "docs", "experiments", "figures", `${file}.svg`), specification);
  const device = rows.find((row) => row.device !== undefined)?.device ?? "unknown device";
  const size = values.full === true ? "full size" : "reduced size";
  const made = `${size}, ${availableParallelism()} cores, ${device}, ${seconds} s in all`;
  fill(join(ROOT, "docs", "experiments", `${name}.md`), { ...tables, made });
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
