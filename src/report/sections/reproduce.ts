// What it takes to do the run again: the command, settings, versions and checksums.
import { byteSize, duration } from "../../amounts.js";
import type { Section } from "../chart.js";
import { markup } from "../markup.js";
import type { RunRecord } from "../run-record.js";

export function reproduce(run: RunRecord): Section {
  const { timing, memory, model, data, versions, settings, plates } = run;
  const rows: readonly (readonly [string, string])[] = [
    ["model", `${model.path}, SHA-256 ${model.sha256}`],
    ...data.map(({ path, sha256 }) => ["data", `${path}, SHA-256 ${sha256}`] as const),
    [
      "plates",
      plates.map(([name, length]) => `${name} ${length.toLocaleString("en-US")}`).join(", ") || "none",
    ],
    ...settings,
    ["device", run.device],
    ["versions", versions.map(([name, version]) => `${name} ${version}`).join(", ")],
    [
      "time",
      `${duration(timing.totalSeconds)} in all, ${duration(timing.compileSeconds)} of it compilation; ${(1000 * timing.secondsPerIteration).toFixed(1)} ms an iteration`,
    ],
    ["memory", `${byteSize(memory.hostBytes)} on the host, ${byteSize(memory.deviceBytes)} on the device`],
  ];
  return {
    id: "reproduce",
    title: "To do it again",
    body: markup`<p>In <code>${run.folder}</code>:</p><pre><code>${run.command}</code></pre>
<table class="settings"><tbody>${rows.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>`,
    charts: [],
  };
}
