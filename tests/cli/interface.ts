// A compiled model of nothing but an interface, for tests of what happens before any program runs.
import type { CompiledModel } from "../../src/compiled.js";
import type { DataInterface, ModelInterface } from "../../src/ir/interface.js";

const TEXT = `data {
  int<lower=1> D;
  plate users;
  plate films;
  plate states;
  plate zips in states;
  int rating[users, films];
  vector[D] x[films, users];
  real y[states, zips];
}
`;

const item = (
  name: string,
  base: "int" | "real",
  plates: readonly string[],
  event: string | null,
  line: string,
): DataInterface => {
  const start = TEXT.indexOf(line);
  const span = [start, start + line.length] as const;
  const common = { constraint: null, observed: false, missing: false } as const;
  return { name, base, plates, event, ...common, declaration: line, span };
};

const DATA: readonly DataInterface[] = [
  item("D", "int", [], null, "int<lower=1> D"),
  item("rating", "int", ["users", "films"], null, "int rating[users, films]"),
  item("x", "real", ["films", "users"], "i_D", "vector[D] x[films, users]"),
  item("y", "real", ["states", "zips"], null, "real y[states, zips]"),
];

/** The model above with these of its data and plates. */
export function modelWith(data: readonly string[], plates: readonly string[]): CompiledModel {
  const all = [
    { name: "users", parent: null, by: null, ordered: false, ragged: false },
    { name: "films", parent: null, by: null, ordered: false, ragged: false },
    { name: "states", parent: null, by: null, ordered: false, ragged: false },
    { name: "zips", parent: "states", by: null, ordered: false, ragged: false },
  ];
  const chosen = DATA.filter((d) => data.includes(d.name));
  const modelInterface: ModelInterface = {
    plates: all.filter((plate) => plates.includes(plate.name)),
    eventAxes: chosen.some((d) => d.event !== null)
      ? [{ axis: "i_D", columns: null, size: { kind: "data", name: "D" } }]
      : [],
    data: chosen,
    parameters: [],
    latents: [],
    groups: [],
    guides: [],
    generated: [],
    observations: [],
    joined: [],
  };
  return {
    format: "mppc",
    formatVersion: 1,
    compilerVersion: "0.0.0",
    source: { path: "model.mpp", text: TEXT, sha256: "" },
    estimation: { estimator: "massively-parallel", coupling: "permutation" },
    optimisations: [],
    interface: modelInterface,
    programs: {},
    gradientsUnavailable: {},
    methodsUnavailable: {},
  };
}
