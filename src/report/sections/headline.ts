// The head of a report: what ran, the verdict in words, and the few numbers that come first.
import { markup, type Markup } from "../markup.js";
import { amount, counted } from "../numbers.js";
import { byteSize, duration } from "../../amounts.js";
import type { RunRecord } from "../run-record.js";

/** Titles of files without their folders. */
const baseName = (path: string): string => path.replace(/^.*[/\\]/, "");

export function headline(run: RunRecord): Markup {
  const data = run.data.map(({ path }) => baseName(path)).join(", ");
  const started = run.started.replace("T", " ").replace(/\.\d+Z$/, " UTC");
  return markup`<header>
<p class="kind">Report of an mppc run</p>
<h1>${run.model.name}</h1>
<p class="about">${data === "" ? "without data" : `data ${data}`} · ${run.method} · seed ${run.seed} · ${started}</p>
${verdict(run)}
<dl class="cards">${cards(run).map(([title, value, more]) => markup`<div><dt>${title}</dt><dd>${value}</dd><dd class="more">${more}</dd></div>`)}</dl>
${run.remarks.length === 0 ? null : markup`<details class="remarks" open><summary>What this report leaves out</summary><ul>${run.remarks.map((remark) => markup`<li>${remark}</li>`)}</ul></details>`}
</header>`;
}

function verdict({ warnings }: RunRecord): Markup {
  if (warnings.length === 0)
    return markup`<div class="verdict good" role="status"><p><strong>No warnings.</strong> The fit ended by itself, the sets of particles agree, and no group's weights have a heavy tail.</p></div>`;
  const title = warnings.length === 1 ? "One warning" : `${warnings.length} warnings`;
  return markup`<div class="verdict bad" role="status"><p><strong>${title}.</strong> Do not take the figures below at their word before you have read:</p><ul>${warnings.map(({ code, message }) => markup`<li><code>${code}</code> ${message}</li>`)}</ul></div>`;
}

function cards(run: RunRecord): readonly (readonly [title: string, value: string, more: string])[] {
  const { evidence, leaveOneOut: loo, heldOut, timing, memory, draws } = run;
  const error = (value: number): string => (Number.isFinite(value) ? ` ± ${amount(value, 2)}` : "");
  return [
    [
      "log evidence",
      `${evidence.mean.toFixed(2)}${error(evidence.mcse)}`,
      `Monte Carlo error, from ${counted(evidence.sets, "set")}`,
    ],
    ...(loo === null
      ? []
      : [
          [
            "elpd, leave-one-out",
            `${loo.elpd.toFixed(1)} ± ${loo.se.toFixed(1)}`,
            `${counted(loo.rows.length, "observation")}, ${loo.p.toFixed(1)} effective parameters`,
          ] as const,
        ]),
    ...(heldOut === null
      ? []
      : [
          [
            "held-out log-likelihood",
            `${heldOut.logLikelihood.toFixed(1)}${error(heldOut.mcse)}`,
            counted(heldOut.observations, "observation"),
          ] as const,
        ]),
    [
      "posterior draws",
      draws === null ? "none" : draws.count.toLocaleString("en-US"),
      `${counted(run.summary.length, "number")} in the summary`,
    ],
    [
      "time",
      duration(timing.totalSeconds),
      `${counted(timing.iterations, "iteration")}, compiled in ${duration(timing.compileSeconds)}`,
    ],
    [
      "device",
      shortDevice(run.device),
      `${byteSize(memory.deviceBytes)} there, ${byteSize(memory.hostBytes)} on the host`,
    ],
  ];
}

const shortDevice = (device: string): string => device.replace(/[:(].*$/s, "").trim();
