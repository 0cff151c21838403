// How many launches an iteration of QEM takes: each costs a device as much as tens of thousands of operations.
import { readdirSync, existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { checkSource } from "../../src/compile.js";
import { axisSizes, DEFAULT_SETTINGS, particlesPerGroup } from "../../src/inference/settings.js";
import { bindData } from "../../src/runtime/data.js";

const MOST_LAUNCHES = 25;
const examples = new URL("../../examples/", import.meta.url);
const names = readdirSync(examples).filter((name) => existsSync(new URL(`${name}/${name}.mpp`, examples)));
const read = (path: string): { readonly path: string; readonly text: string } => ({
  path,
  text: readFileSync(new URL(path, examples), "utf8"),
});

it.each(names)("%s: at most 25", (name) => {
  const { checked } = checkSource(read(`${name}/${name}.mpp`));
  const head = checked?.compile({ programs: ["bounds"] }).compiled;
  if (checked === null || head === null || head === undefined) throw new Error("does not compile");
  const files = readdirSync(new URL(`${name}/`, examples)).filter((file) => /^data\.json$|\.csv$/.test(file));
  const { data } = bindData(
    head,
    files.map((file) => read(`${name}/${file}`)),
  );
  if (data === null) throw new Error("the data does not fit");
  for (const particles of [10, 30]) {
    const settings = { ...DEFAULT_SETTINGS, particles };
    const sizes = axisSizes(data.sizes, head.interface, particlesPerGroup(head.interface, settings));
    const { program } = checked.plan("qem", { sizes });
    expect(program.launches.length).toBeLessThanOrEqual(MOST_LAUNCHES);
  }
});
