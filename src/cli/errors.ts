// What can be wrong with a command's files and arguments: the only place that holds the text of these messages.
import { dirname } from "node:path";
import type { Diagnostic } from "../diagnostic.js";

const error = (code: string, message: string, hint?: string): Diagnostic => ({
  code,
  severity: "error",
  message,
  ...(hint === undefined ? {} : { hint }),
});

/** Why the system would not let us, in plain words. */
export function systemReason(problem: unknown): string {
  const code = problem instanceof Error && "code" in problem ? String(problem.code) : "";
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a directory";
    case "ENOTDIR":
      return "a part of its path is not a directory";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOSPC":
      return "the disk is full";
    case "ENAMETOOLONG":
      return "its name is too long";
    case "ELOOP":
      return "its links lead to each other";
    case "EROFS":
      return "the file system is read-only";
    case "ERR_STRING_TOO_LONG":
    case "ERR_FS_FILE_TOO_LARGE":
      return "it is too large to be read whole";
    default:
      return problem instanceof Error ? problem.message : String(problem);
  }
}

/**
 * A call of `command` that its parser refuses; `said`: its words, a headline and in parentheses what may have been meant.
 * `takesData`: whether it has files of data, which are often given without their option.
 */
export function wrongCall(said: string, command: string, takesData: boolean): Diagnostic {
  const [headline = "", ...rest] = said.replace(/^error: /, "").split("\n");
  const message = headline
    .replace(/\.$/, "")
    .replace(/\. ([A-Z])/, (_, letter: string) => `: ${letter.toLowerCase()}`);
  const meant = /\(Did you mean (.+)\?\)/.exec(rest.join(" "))?.[1];
  const isMany = headline.startsWith("too many arguments");
  const hint =
    meant !== undefined
      ? `did you mean ${meant}? if not, see '${command} --help'`
      : isMany && takesData
        ? `each file of data stands behind its --data; see '${command} --help'`
        : `see '${command} --help'`;
  return error("E0800", `this call is wrong: ${message}`, hint);
}

/** Why a file cannot be written: the directory that it is to be in may not be there. */
export const reasonNotToWrite = (path: string, problem: unknown): string =>
  problem instanceof Error && "code" in problem && problem.code === "ENOENT"
    ? `there is no directory '${dirname(path)}'`
    : systemReason(problem);

export const unreadableFile = (path: string, reason: string, hint?: string): Diagnostic =>
  error("E0801", `cannot read '${path}': ${reason}`, hint);
export const notText = (path: string, isUtf16: boolean): Diagnostic =>
  error(
    "E0802",
    `cannot read '${path}': it is not UTF-8 text`,
    isUtf16 ? "it looks like UTF-16: save it as UTF-8" : "is it a compressed or binary file?",
  );
export const unwritableFile = (path: string, reason: string): Diagnostic =>
  error("E0803", `cannot write '${path}': ${reason}`);
export const notARun = (path: string): Diagnostic =>
  error(
    "E0804",
    `the output directory '${path}' is not empty and holds no run`,
    "name a new or an empty directory, or that of an earlier run to replace it",
  );
export const otherRunThere = (path: string, model: string): Diagnostic =>
  error("E0805", `'${path}' holds a run of another model, ${model}`, "name another directory");
export const outputIsFile = (path: string): Diagnostic =>
  error("E0806", `the output directory '${path}' is a file`, "name a new or an empty directory");
export const wouldOverwrite = (path: string): Diagnostic =>
  error("E0819", `'${path}' is read by this command, and would be overwritten`, "name another file");
export const unknownGroup = (
  name: string,
  suggestion: string | undefined,
  groups: readonly string[],
): Diagnostic =>
  error(
    "E0807",
    `-K ${name}=... names no group of this model`,
    suggestion === undefined ? `its groups are ${groups.join(", ")}` : `did you mean '${suggestion}'?`,
  );
export const summedGroup = (name: string): Diagnostic =>
  error(
    "E0807",
    `-K ${name}=... is for a discrete latent that is summed over all its values, and has no particles`,
    `leave it out, or give '${name}' a family in the guide`,
  );
export const methodUnavailable = (method: string, reason: string): Diagnostic =>
  error(
    "E0808",
    `--method ${method} cannot fit this model: ${reason}`,
    "use --method qem or rws, which do not follow particles",
  );
export const optionWithoutUse = (option: string, method: string, methods: readonly string[]): Diagnostic =>
  error(
    "E0809",
    `${option} has no meaning with --method ${method}`,
    `it is for --method ${methods.join(" and ")}`,
  );

export const noProgram = (name: string): Diagnostic =>
  error(
    "E0810",
    `this model has no program '${name}'`,
    "it is made only of models that have a use for it; another one is printed by --program qem",
  );

// Joint weights and covariances.

export const unknownReadout = (
  option: string,
  name: string,
  suggestion: string | undefined,
  names: readonly string[],
): Diagnostic =>
  error(
    "E0861",
    `${option} names '${name}', which is no latent and no group of this model`,
    suggestion === undefined ? `it has ${names.join(", ")}` : `did you mean '${suggestion}'?`,
  );
export const sameGroup = (asked: string, group: string): Diagnostic =>
  error(
    "E0862",
    `--joint ${asked} is of one group, '${group}', whose latents share their particles`,
    `its marginal weights say it all; --covariance ${asked} gives covariances`,
  );
export const platesCross = (
  option: string,
  a: string,
  b: string,
  platesA: readonly string[],
  platesB: readonly string[],
): Diagnostic =>
  error(
    "E0863",
    `${option} asks for '${a}' (of every element of ${platesA.join(", ")}) with '${b}' (of ${platesB.join(", ")}), whose plates are not inside each other`,
    "joint weights are of latents of the same plates, or of plates inside those of the other",
  );
export const tooManyCovariances = (count: number, most: number): Diagnostic =>
  error(
    "E0864",
    `--covariance asks for ${count.toLocaleString("en-US")} covariances, and ${most.toLocaleString("en-US")} are the most`,
    "name fewer latents",
  );

/** A compiled model was compiled for another estimator, coupling or choice of optimisations than is asked for. */
export const compiledOtherwise = (path: string, option: string, given: string, has: string): Diagnostic =>
  error(
    "E0830",
    `'${path}' was compiled with --${option} ${has}, so it cannot be run with --${option} ${given}`,
    "compile the source again with that option, or run the source itself",
  );

// Runs that go on.

export const noRunToResume = (directory: string): Diagnostic =>
  error(
    "E0820",
    `there is no run to go on with in '${directory}'`,
    "name the directory of a run that was stopped",
  );
export const runIsFinished = (directory: string): Diagnostic =>
  error(
    "E0821",
    `the run in '${directory}' is finished`,
    "to begin another from its guide, use --init " + directory,
  );
export const brokenCheckpoint = (path: string): Diagnostic =>
  error("E0822", `the checkpoint '${path}' is damaged`, "begin again, without --resume");
export const otherSettings = (directory: string, what: readonly string[]): Diagnostic =>
  error(
    "E0823",
    `the run in '${directory}' cannot go on, as it was begun otherwise: ${what.join(", ")}`,
    "leave the options out, as --resume knows them; or begin another run",
  );

// Particles and guide parameters for `mppc estimate`.

export const noParticles = (path: string): Diagnostic =>
  error(
    "E0811",
    `'${path}' has no "particles"`,
    'it looks like {"K": 3, "particles": {"mu": [0.1, 0.2, 0.3]}}, particles after the plates',
  );
export const latentMissing = (
  what: string,
  latent: string,
  path: string,
  suggestion: string | undefined,
): Diagnostic =>
  error(
    "E0812",
    `'${path}' has no ${what} '${latent}'`,
    suggestion === undefined ? undefined : `it has '${suggestion}': is that it?`,
  );
export const wrongArray = (what: string, expected: string, found: string): Diagnostic =>
  error("E0813", `${what} should be an array ${expected}, found ${found}`);
export const particlesDisagree = (group: string, a: string, ka: number, b: string, kb: number): Diagnostic =>
  error(
    "E0814",
    `'${a}' has ${ka} particles and '${b}' has ${kb}, but both are in group '${group}', which shares its particles`,
  );
export const wrongK = (latent: string, found: number, expected: number): Diagnostic =>
  error("E0815", `'${latent}' has ${found} particles, but "K" is ${expected}`);
export const noGuideParameters = (names: readonly string[]): Diagnostic =>
  error(
    "E0816",
    `the guide's parameters are needed: ${names.slice(0, 4).join(", ")}${names.length > 4 ? ", ..." : ""}`,
    "give them with --guide-parameters FILE",
  );
export const gradientsUnavailable = (kind: string, reason: string): Diagnostic =>
  error("E0817", `there are no ${kind} gradients for this model: ${reason}`);
export const notACorrelationFactor = (group: string): Diagnostic =>
  error(
    "E0818",
    `'correlation_factor' of the guide of '${group}' is not the Cholesky factor of correlations`,
    "its rows should end at a positive number on the diagonal, with zeros after it, and their squares sum to 1",
  );
export const unknownLatents = (what: string, names: readonly string[], path: string): Diagnostic => ({
  code: "N0801",
  severity: "note",
  message: `${what} of ${names.map((n) => `'${n}'`).join(", ")} in ${path} are not used: the model samples no such latent`,
});
export const valueNotFinite = (what: string): Diagnostic => ({
  code: "W0801",
  severity: "warning",
  message: `${what} is not finite and stands as null in the output`,
});

// Predictions of new data.

export const unknownPlate = (
  name: string,
  suggestion: string | undefined,
  plates: readonly string[],
): Diagnostic =>
  error(
    "E0841",
    `--new-elements ${name} names no plate of this model`,
    suggestion === undefined ? `its plates are ${plates.join(", ")}` : `did you mean '${suggestion}'?`,
  );
export const fewerElements = (plate: string, trained: number, found: number): Diagnostic =>
  error(
    "E0842",
    `the new data has ${found} ${found === 1 ? "element" : "elements"} of plate '${plate}', but the posterior is of ${trained}, each with latents of its own`,
    `give all ${trained} in their order, or, if these are other elements: --new-elements ${plate}`,
  );
export const cannotDrawLatent = (latent: string, family: string, plate: string): Diagnostic =>
  error(
    "E0843",
    `new elements of plate '${plate}' need '${latent}' to be drawn from its prior, but '${family}' does not say how`,
    "add 'draw = ...;' to its definition",
  );
export const cannotDrawWithin = (latent: string, family: string, plate: string): Diagnostic =>
  error(
    "E0852",
    `new elements of plate '${plate}' need '${latent}' to be drawn from its prior as it is declared, which cuts off a part of '${family}' or puts its elements in order, and the rest cannot be drawn from`,
    `--new-elements and rows of other elements are for latents that are declared as '${family}' is`,
  );
export const otherVectorLength = (latent: string, trained: number, found: number): Diagnostic =>
  error(
    "E0844",
    `'${latent}' has ${trained} elements in the posterior, but with the new data it would have ${found}`,
  );
export const noFinishedRun = (path: string): Diagnostic =>
  error("E0845", `'${path}' holds no finished run`, "name the directory that `mppc run` left");
export const noDrawsOf = (path: string, what: string): Diagnostic =>
  error("E0846", `'${path}' has no draws of ${what}`, "run the model again, not with --draws 0");
export const modelChanged = (path: string): Diagnostic =>
  error("E0847", `'${path}' has changed since the run`, "run the model again");
export const newElementsAlone = (): Diagnostic =>
  error("E0848", "--new-elements is about held-out data, and there is none", "give it with --test FILE");
export const testWithoutDraws = (): Diagnostic =>
  error("E0849", "held-out data is predicted from posterior draws, but --draws is 0", "leave --draws out");
export const otherElements = (plate: string): Diagnostic =>
  error(
    "E0850",
    `the new data has other elements of plate '${plate}', or in other places, than the data of the run, and each has latents of its own`,
    `give those of the run in their order, or, if all are to be new: --new-elements ${plate}`,
  );
/** Elements are matched by names, and none is known: names are written in another way, or all are new. */
export const noneOfTheRun = (
  plate: string,
  found: readonly string[],
  trained: readonly string[],
): Diagnostic => {
  const some = (names: readonly string[]): string =>
    `${names
      .slice(0, 3)
      .map((name) => `'${name}'`)
      .join(", ")}${names.length > 3 ? ", ..." : ""}`;
  return error(
    "E0851",
    `no element of plate '${plate}' in the new data, ${some(found)}, is one of those of the run, ${some(trained)}`,
    `write names as in the data of the run, or, if all are to be new: --new-elements ${plate}`,
  );
};

export const prettierConfigUnreadable = (path: string, reason: string): Diagnostic =>
  error("E1001", `cannot use the configuration of prettier for '${path}': ${reason}`);
export const noModelsInDirectory = (path: string): Diagnostic =>
  error("E1002", `there is no .mpp file in '${path}'`);

// Reports.

const warning = (code: string, message: string, hint: string): Diagnostic => ({
  code,
  severity: "warning",
  message,
  hint,
});
export const modelNotThere = (path: string): Diagnostic =>
  warning(
    "W1121",
    `'${path}' is not there any more as it was when the run was made`,
    "the report is without the model's graph, its text, its prior and predictive checks",
  );
export const dataNotThere = (names: readonly string[]): Diagnostic =>
  warning(
    "W1122",
    `the data of the run, ${names.map((name) => `'${name}'`).join(", ")}, is not there any more as it was`,
    "the report is without predictive checks and the prior",
  );
export const notOpened = (path: string, program: string, why: string): Diagnostic =>
  warning(
    "W1123",
    `'${path}' was not opened in a browser: ${program} ${why}`,
    "open the file yourself; it needs no network",
  );

// Results in other programs' formats.

export const oneOutput = (formats: readonly string[]): Diagnostic =>
  error(
    "E1105",
    `--output names one place, but there are ${formats.length} formats: ${formats.join(", ")}`,
    "leave it out, or write one format at a time",
  );
export const saveWithoutDraws = (): Diagnostic =>
  error("E1106", "--save writes posterior draws, but --draws is 0", "leave --draws out");
