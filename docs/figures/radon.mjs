// Draws docs/figures/radon.svg: the posterior of the radon example beside that of a long NUTS run.
//   npx mppc run examples/radon/radon.mpp --data examples/radon/data.json -K 20 --output radon-run
//   node docs/figures/radon.mjs radon-run
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const HERE = import.meta.dirname;
const [run] = process.argv.slice(2);
if (run === undefined) {
  console.error("the directory of a run is needed: node docs/figures/radon.mjs DIR");
  process.exit(2);
}

const [head = "", ...lines] = readFileSync(join(run, "summary.csv"), "utf8").trim().split("\n");
const columns = head.split(",");
/** Rows by name: names with a comma, as z[3,7], are in quotes. */
const summary = new Map(
  lines.map((line) => {
    const cells = [...line.matchAll(/"([^"]*)"|([^,]+)/g)].map(([, quoted, plain]) => quoted ?? plain);
    return [cells[0], Object.fromEntries(columns.map((column, i) => [column, Number(cells[i])]))];
  }),
);
const nuts = JSON.parse(readFileSync(join(HERE, "radon-nuts.json"), "utf8")).parameters;

const WIDTH = 720;
const LEFT = 170;
const RIGHT = 24;
const TOP = 56;
const ROW = 22;
const names = Object.keys(nuts);
const HEIGHT = TOP + names.length * ROW + 44;
const [FROM, TO] = [-2.5, 2];
const x = (value) => (LEFT + ((value - FROM) / (TO - FROM)) * (WIDTH - LEFT - RIGHT)).toFixed(1);

const rows = names.map((name, i) => {
  const row = summary.get(name);
  if (row === undefined) throw new Error(`the run has no '${name}'`);
  const y = TOP + (i + 0.5) * ROW;
  return [
    `<text x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${name}</text>`,
    `<line x1="${x(row.q5)}" x2="${x(row.q95)}" y1="${y}" y2="${y}" stroke="#3b6ea8" stroke-width="5" stroke-linecap="round" opacity="0.55"/>`,
    `<line x1="${x(row.mean)}" x2="${x(row.mean)}" y1="${y - 6}" y2="${y + 6}" stroke="#1d3f66" stroke-width="2"/>`,
    `<circle cx="${x(nuts[name].mean)}" cy="${y}" r="3.2" fill="#d9603b"/>`,
  ].join("\n  ");
});
const bottom = TOP + names.length * ROW;
const ticks = [-2, -1, 0, 1, 2].map(
  (value) =>
    `<line x1="${x(value)}" x2="${x(value)}" y1="${TOP}" y2="${bottom}" stroke="#e3e3e3"/>\n  ` +
    `<text x="${x(value)}" y="${bottom + 20}" text-anchor="middle">${value}</text>`,
);
const legend = [
  `<line x1="60" x2="96" y1="24" y2="24" stroke="#3b6ea8" stroke-width="5" stroke-linecap="round" opacity="0.55"/>`,
  `<line x1="78" x2="78" y1="18" y2="30" stroke="#1d3f66" stroke-width="2"/>`,
  `<text x="106" y="28">mppc, 20 particles: 90 % interval and mean</text>`,
  `<circle cx="440" cy="24" r="3.2" fill="#d9603b"/>`,
  `<text x="452" y="28">NUTS, 20,000 draws: mean</text>`,
];
writeFileSync(
  join(HERE, "radon.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">
  <title>Posterior of the radon example: 90 % intervals by mppc, means by NUTS</title>
  <rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
  ${[...legend, ...ticks, ...rows].join("\n  ")}
</svg>
`,
);
