// Draws as CmdStan writes them: a CSV file for each chain, which stansummary, rstan and others read.
import { elementsOf, type PosteriorDataSet, type Quantity } from "./data-set.js";
import { MOST_BYTES, writeNumber } from "./digits.js";
import type { ResultFile } from "./formats.js";

/** The CmdStan whose format this is; later ones write `true` and `false` in the header, which older readers do not know. */
const CMDSTAN = { major: 2, minor: 33, patch: 0 };
/** Bytes that are made before they are written. */
const CHUNK = 2 ** 20;
const [COMMA, NEWLINE] = [0x2c, 0x0a] as const;

/** A column: its name, and where its values begin. */
type Column = { readonly name: string; readonly quantity: Quantity; readonly from: number };

/** One file, or as many as there are chains: `draws_1.csv`, `draws_2.csv`. */
export function stanCsv(set: PosteriorDataSet): Promise<readonly ResultFile[]> {
  const columns = set.quantities.flatMap((quantity) => columnsOf(quantity, set.draws));
  const length = set.draws / set.chains;
  const files = Array.from({ length: set.chains }, (_, chain): ResultFile => ({
    name: set.chains === 1 ? "" : `_${chain + 1}`,
    content: chainCsv(set, columns, chain, length),
  }));
  return Promise.resolve(files);
}

/**
 * Columns as Stan orders and names them: `theta.1`, and the first index changes fastest (`L.1.1`, `L.2.1`, `L.1.2`). Places
 * along a plate are numbers; rows of a plate that has a different number of them in every element of the outer one are
 * numbered through, as Stan has no such arrays.
 */
function columnsOf(quantity: Quantity, draws: number): readonly Column[] {
  const { name, dimensions } = quantity;
  const strides = dimensions.map((_, i) =>
    dimensions.slice(i + 1).reduce((product, { length }) => product * length, 1),
  );
  return Array.from({ length: elementsOf(quantity) }, (_, i): Column => {
    let [rest, place] = [i, 0];
    let indices = "";
    dimensions.forEach(({ length }, axis) => {
      const index = rest % length;
      rest = (rest - index) / length;
      place += index * (strides[axis] ?? 0);
      indices += `.${index + 1}`;
    });
    return { name: name + indices, quantity, from: place * draws };
  });
}

function* chainCsv(
  set: PosteriorDataSet,
  columns: readonly Column[],
  chain: number,
  length: number,
): Generator<string | Uint8Array> {
  yield header(set, chain, length);
  yield `${["lp__", "accept_stat__", ...columns.map(({ name }) => name)].join(",")}\n`;
  const bytes = new Uint8Array(CHUNK + 4 * MOST_BYTES);
  let at = 0;
  for (let draw = chain * length; draw < (chain + 1) * length; draw++) {
    at = writeValue(bytes, at, set.logJoint[draw]);
    bytes[at++] = COMMA;
    at = writeNumber(bytes, at, 1);
    for (const { quantity, from } of columns) {
      bytes[at++] = COMMA;
      at = writeValue(bytes, at, quantity.values[from + draw]);
      if (at < CHUNK) continue;
      yield bytes.subarray(0, at);
      at = 0;
    }
    bytes[at++] = NEWLINE;
  }
  yield bytes.subarray(0, at);
  const seconds = (set.facts.seconds / set.chains).toFixed(3);
  const lines = [
    "",
    ` Elapsed Time: 0 seconds (Warm-up)`,
    `               ${seconds} seconds (Sampling)`,
    `               ${seconds} seconds (Total)`,
    "",
  ];
  yield comments(lines);
}

const comments = (lines: readonly string[]): string =>
  lines.map((line) => `# ${line}`.trimEnd() + "\n").join("");

/** Numbers that are not finite as C++ prints them. */
function writeValue(bytes: Uint8Array, at: number, value = NaN): number {
  if (Number.isFinite(value)) return writeNumber(bytes, at, value);
  const text = Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/**
 * CmdStan's header, of what is true: `fixed_param` is its word for draws that no Hamiltonian trajectory made, and whose only
 * column of the sampler's is accept_stat__. Readers take `name = value` from any line, so no other has an equals sign.
 */
function header({ facts, plates }: PosteriorDataSet, chain: number, length: number): string {
  const labelled = plates.flatMap(({ name, labels }) =>
    labels === null
      ? []
      : [`plate ${name}: ${labels.map((label, i) => `${i + 1} ${plain(label)}`).join(", ")}`],
  );
  const learned = Object.entries(facts.learned).map(
    ([name, value]) => `learned parameter ${name}: ${[value].flat().join(", ")}`,
  );
  return comments([
    `stan_version_major = ${CMDSTAN.major}`,
    `stan_version_minor = ${CMDSTAN.minor}`,
    `stan_version_patch = ${CMDSTAN.patch}`,
    `model = ${plain(facts.model)}`,
    `start_datetime = ${facts.started.replace("T", " ").replace(/\..*$/, "")} UTC`,
    "method = sample",
    "  sample",
    `    num_samples = ${length}`,
    "    num_warmup = 0",
    "    save_warmup = 0",
    "    thin = 1",
    "    algorithm = fixed_param",
    `id = ${chain + 1}`,
    "random",
    `  seed = ${facts.seed}`,
    `mppc_version = ${facts.version}`,
    ...(facts.logEvidence === null ? [] : [`log_evidence = ${facts.logEvidence}`]),
    "Written by mppc in the format of CmdStan; no Stan was run, and this is no Markov chain.",
    "Each row is one draw from the posterior by massively parallel inference. Rows that come from the same set of particles",
    "stand together: they depend on each other through it, and rows of other sets are independent of them.",
    "lp__ is the log joint density on the scale of the declared types: with all constants, without Jacobians.",
    "accept_stat__ is always 1.",
    ...learned,
    ...labelled,
  ]);
}

/** Text that a reader cannot take for a value, and that stays on its line. */
const plain = (text: string): string => text.replaceAll(/[\n\r=#]/g, " ");
