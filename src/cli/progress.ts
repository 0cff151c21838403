// Progress of a run: a bar where a person watches, lines every few seconds elsewhere.
import { makeBar } from "./bar.js";
import type { Progress } from "../inference/infer.js";
import { duration } from "./table.js";
import type { Terminal } from "./terminal.js";

export type ProgressDisplay = { readonly update: (progress: Progress) => void; readonly stop: () => void };

/** Milliseconds between plain lines. */
const LINE_EVERY = 5000;

/** Starts a display on stderr; `stop` takes a bar off the screen. */
export function showProgress(terminal: Terminal): ProgressDisplay {
  return terminal.interactive ? bar() : lines(terminal);
}

const ess = (x: number): string => (x < 10 ? x.toFixed(1) : x.toFixed(0));

/** What is known of an iteration, in words. */
function fitWords(progress: Extract<Progress, { phase: "fit" }>): string {
  const { logEvidence, medianEss, minimumEss } = progress.entry;
  return `log evidence ${logEvidence.toFixed(2)}, effective sample size ${ess(medianEss)} (least ${ess(minimumEss)})`;
}

function lines(terminal: Terminal): ProgressDisplay {
  const begin = performance.now();
  let next = begin;
  let shown = "start";
  return {
    update: (progress) => {
      const now = performance.now();
      if (progress.phase === "start") return;
      const phase =
        progress.phase === "fit" && progress.entry.phase === "start" ? "tempering" : progress.phase;
      if (now < next && phase === shown) return;
      shown = phase;
      next = now + LINE_EVERY;
      const seconds = duration((now - begin) / 1000);
      if (progress.phase === "final")
        terminal.err(`final pass, set ${progress.set} of ${progress.of}, ${seconds}\n`);
      else if (progress.phase === "draws")
        terminal.err(`posterior draw ${progress.drawn} of ${progress.of}, ${seconds}\n`);
      else if (progress.entry.phase === "start") {
        const { iteration, temper } = progress.entry;
        const words = `temper ${temper.toPrecision(2)}, ${fitWords(progress)}`;
        terminal.err(`start, iteration ${iteration}, ${words}, ${seconds}\n`);
      } else {
        const of = progress.atMost ? "" : ` of ${progress.of}`;
        terminal.err(`iteration ${progress.entry.iteration}${of}, ${fitWords(progress)}, ${seconds}\n`);
      }
    },
    stop: () => undefined,
  };
}

function bar(): ProgressDisplay {
  const display = makeBar("{what} [{bar}] {value}/{total}  {words}  {left}");
  let phase: Progress["phase"] | null = null;
  let begin = 0;
  const show = (what: string, done: number, of: number, atMost: boolean, words: string): void => {
    const remaining = ((performance.now() - begin) / 1000 / Math.max(1, done)) * (of - done);
    const left = done < 2 ? "" : `${atMost ? "at most " : ""}${duration(remaining)} left`;
    display.setTotal(of);
    display.update(done, { what, words, left });
  };
  return {
    update: (progress) => {
      if (progress.phase !== phase) {
        if (phase === null) display.start(1, 0, { what: "starting", words: "", left: "" });
        phase = progress.phase;
        begin = performance.now();
      }
      if (progress.phase === "fit") {
        const { of, entry, atMost } = progress;
        show(
          entry.phase === "start" ? "start" : "iteration",
          entry.iteration,
          of,
          atMost,
          fitWords(progress),
        );
      } else if (progress.phase === "final") show("final pass", progress.set, progress.of, false, "");
      else if (progress.phase === "draws") show("draws", progress.drawn, progress.of, false, "");
    },
    stop: () => display.stop(),
  };
}
