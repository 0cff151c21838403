// The suite's results as Markdown tables.
import { labelOf } from "./cases.mjs";

const three = (value) => (value >= 999.5 ? String(Math.round(value)) : value.toPrecision(3));
const or = (show) => (value) => (value === undefined ? "-" : show(value));
const time = or((s) => (s < 1 ? `${three(s * 1000)} ms` : `${three(s)} s`));
const megabytes = or((bytes) => `${three(bytes / 1e6)} MB`);

const line = (cells) => `| ${cells.join(" | ")} |`;
const markdown = (head, rows) => [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");

const peakOf = ({ figures }, name) => figures.find((each) => each.name === name)?.median ?? NaN;

/** What the operations take of the adapter's peak of multiplications and additions in registers. */
const shareOfPeak = ({ flops, median }, peaks) =>
  `${Math.round((100 * flops) / median / 1e9 / peakOf(peaks, "multiply and add in registers"))} %`;

/** A line for each case, and the ratio to the second configuration where there is one. */
export function caseTable({ cases, peaks }) {
  const [, other] = cases[0]?.results ?? [];
  const isCold = cases.some(({ results }) => results[0]?.coldSeconds !== undefined);
  const head = ["case", "source to plan", ...(isCold ? ["first iteration, cold cache"] : []), "first iteration", "iteration (quartiles)", "launches", "predicted", "G operations/s", "GB/s", "share of peak", "host memory", "on the device", ...(other === undefined ? [] : [other.configuration, "times as long"])]; // prettier-ignore
  const rows = cases.map((each) => {
    const [own, second] = each.results;
    const label = labelOf(each);
    if (own.error !== undefined)
      return [label, own.error.replaceAll("|", "/"), ...head.slice(2).map(() => "")];
    const against =
      second === undefined
        ? []
        : second.error === undefined
          ? [time(second.median), three(second.median / own.median)]
          : [second.error.replaceAll("|", "/"), ""];
    return [
      label,
      time(own.planSeconds),
      ...(isCold ? [time(own.coldSeconds)] : []),
      time(own.firstSeconds),
      `${time(own.median)} (${time(own.lower)} to ${time(own.upper)})`,
      own.launches,
      time(own.predictedSeconds),
      three(own.flops / own.median / 1e9),
      three(own.bytes / own.median / 1e9),
      shareOfPeak(own, peaks),
      megabytes(own.peakBytes),
      megabytes(own.deviceBytes),
      ...against,
    ];
  });
  return markdown(head, rows);
}

/** What the adapter can do at most. */
export const peakTable = ({ figures }) =>
  markdown(
    ["what", "unit", "median", "best"],
    figures.map(({ name, unit, median, best }) => [name, unit, three(median), three(best)]),
  );

/** What each optimisation gives on top of those before it. */
export function stepTable(steps) {
  const cases = [...new Set(steps.map((step) => step.case))];
  const names = [...new Set(steps.map((step) => step.name))];
  const find = (name, of) => steps.find((step) => step.name === name && step.case === of);
  const cell = ({ result: { error, median, launches } }) =>
    error === undefined ? `${time(median)}, ${launches} launches` : error;
  return markdown(
    ["with", ...cases],
    names.map((name, i) => [i === 0 ? name : `+ ${name}`, ...cases.map((of) => cell(find(name, of)))]),
  );
}
