// What is timed: models with data and particles, the most telling first.
import { join } from "node:path";
import { dataFile, example, exampleData, ROOT } from "../../experiments/lib/mppc.mjs";
import { SCALED } from "./data.mjs";

const at = (name, ...particles) => particles.map((K) => ({ name, K, scale: 1 }));
const scaled = (name, K, ...factors) => factors.map((scale) => ({ name, K, scale }));

/** { name, K, scale }: `scale` is how many times as long as in the example its longest plate is. */
export const CASES = [
  ...at("radon", 20, 10),
  ...at("movielens", 30, 10),
  ...at("bus_breakdown", 30, 10),
  ...at("occupancy", 10),
  ...at("occupancy_sampled", 10),
  ...at("covid", 3),
  ...at("chimpanzees", 20),
  ...at("eight_schools", 20),
  ...scaled("radon", 20, 10, 100),
  ...scaled("movielens", 10, 10, 100),
  ...scaled("bus_breakdown", 10, 10, 100),
  ...at("radon", 3, 30),
  ...at("movielens", 3, 20),
  ...at("bus_breakdown", 3, 20, 100),
  ...at("chimpanzees", 3, 10, 30),
  ...at("eight_schools", 3, 10, 30, 100),
  ...at("occupancy", 3),
  ...at("occupancy_sampled", 3),
];

/** `radon`, `radon:20` and `radon:20:x10` name cases; the last two may be others than those of the list. */
export function casesNamed(text) {
  const [name, K, scale] = text.split(":");
  if (!CASES.some((each) => each.name === name)) throw new Error(`there is no case '${name}'`);
  if (K === undefined) return CASES.filter((each) => each.name === name);
  return [{ name, K: Number(K), scale: Number((scale ?? "x1").replace(/^x/, "")) }];
}

export const labelOf = ({ name, K, scale }) => `${name} K = ${K}${scale === 1 ? "" : ` x${scale}`}`;

const files = new Map();

/** The files of a case; simulated data is written to a temporary file, once. */
export function filesOf({ name, scale }) {
  const model = name === "occupancy_sampled" ? join(ROOT, "bench", "models", `${name}.mpp`) : example(name);
  if (scale === 1) return { model, data: exampleData(name.replace("_sampled", "")) };
  if (SCALED[name] === undefined) throw new Error(`there is no simulated data for '${name}'`);
  const key = `${name} x${scale}`;
  if (!files.has(key)) files.set(key, dataFile(SCALED[name](scale)));
  return { model, data: files.get(key) };
}
