// The papers' experiments, one command each. Without --full they run at a reduced size, in about a minute each.
//
//   npm run experiments -- [NAME...] [--full] [--only MODEL,...] [--most K] [--docs] [--json FILE]
//
// --docs writes the tables and figures into docs/experiments/; --json writes the numbers. --only runs some of the models
// of `importance`, `methods` and `draws`; the rows of the others are those in FILE, so that a long experiment can be done
// piece by piece. --most leaves larger numbers of particles than K out of `importance` and `wake_sleep`.
import { existsSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { drawFigure } from "./lib/figure.mjs";
import { ROOT, readJson } from "./lib/mppc.mjs";
import { fill } from "./lib/page.mjs";

/**
 * Each exports `experiment({ full, only, most, known, say })`, which resolves to { tables, figures, rows }, and
 * `size(full)`, which says in words what is run.
 */
const EXPERIMENTS = {
  importance: "./importance.mjs",
  wake_sleep: "./wake_sleep.mjs",
  methods: "./methods.mjs",
  toy_series: "./toy_series.mjs",
  draws: "./draws.mjs",
  movielens: "./movielens.mjs",
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: "boolean" },
    only: { type: "string" },
    most: { type: "string" },
    docs: { type: "boolean" },
    json: { type: "string" },
  },
});
const unknown = positionals.filter((name) => !(name in EXPERIMENTS));
if (unknown.length > 0) {
  process.stderr.write(
    `no experiment '${unknown.join("', '")}'; there are ${Object.keys(EXPERIMENTS).join(", ")}\n`,
  );
  process.exit(2);
}

const only = values.only?.split(",") ?? null;
const most = values.most === undefined ? Infinity : Number(values.most);
if (!(most > 0)) {
  process.stderr.write(`--most is '${values.most}', but it should be a number of particles\n`);
  process.exit(2);
}
const earlier = only !== null && existsSync(values.json ?? "") ? readJson(values.json) : {};
const results = { ...earlier };
for (const name of positionals.length > 0 ? positionals : Object.keys(EXPERIMENTS)) {
  const { experiment, size } = await import(EXPERIMENTS[name]);
  const begin = performance.now();
  const say = (line) => process.stderr.write(`${name}: ${line}\n`);
  const known = earlier[name] ?? [];
  const { tables, figures, rows } = await experiment({ full: values.full ?? false, only, most, known, say });
  const seconds = Math.round((performance.now() - begin) / 1000);
  results[name] = rows;
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  for (const [title, text] of Object.entries(tables))
    process.stdout.write(`${name}: ${title}\n\n${text}\n\n`);
  say(`${seconds} s`);
  if (values.docs !== true) continue;
  for (const [file, specification] of Object.entries(figures))
    await drawFigure(join(ROOT, "docs", "experiments", "figures", `${file}.svg`), specification);
  const device = rows.find((row) => row.device !== undefined)?.device ?? "unknown device";
  const part = [
    ...(only === null ? [] : [`of this only ${only.map((key) => `\`${key}\``).join(", ")} this time`]),
    ...(most === Infinity ? [] : [`no more than ${most} particles`]),
  ].map((text) => `; ${text}`);
  const made = [
    ...(values.full === true
      ? [`Full size: ${size(true)}${part.join("")}.`, `Without \`--full\`: ${size(false)}.`]
      : [`Reduced size: ${size(false)}${part.join("")}.`, `With \`--full\`: ${size(true)}.`]),
    `On ${availableParallelism()} cores, ${device}; ${seconds} s in all.`,
  ].join("\n\n");
  fill(join(ROOT, "docs", "experiments", `${name}.md`), { ...tables, made });
}
