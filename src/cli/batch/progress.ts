// Progress of a batch: a bar where a person watches, lines every few seconds elsewhere.
import { SingleBar } from "cli-progress";
import { duration } from "../table.js";
import type { Terminal } from "../terminal.js";

/** How many jobs ended how, those that were done before included. */
export type Counts = { readonly done: number; readonly failed: number; readonly left: number };

export type BatchDisplay = {
  readonly update: (counts: Counts) => void;
  /** A line that stays. */
  readonly say: (line: string) => void;
  readonly stop: () => void;
};

/** Milliseconds between plain lines. */
const LINE_EVERY = 5000;

/** Time left, by what the jobs of this process took until now. */
function timeLeft(counts: Counts, first: Counts, begin: number): string {
  const ended = first.left - counts.left;
  if (ended < 1 || counts.left === 0) return "";
  return `${duration(((performance.now() - begin) / 1000 / ended) * counts.left)} left`;
}

const words = ({ done, failed, left }: Counts): string =>
  `${done} done${failed === 0 ? "" : `, ${failed} failed`}, ${left} to do`;

/** Starts a display on stderr. */
export function showBatch(first: Counts, terminal: Terminal): BatchDisplay {
  const begin = performance.now();
  const say = (line: string): void => terminal.err(`${line}\n`);
  if (!terminal.interactive) {
    let next = begin;
    const update = (counts: Counts): void => {
      const now = performance.now();
      if (now < next && counts.left > 0) return;
      next = now + LINE_EVERY;
      const left = timeLeft(counts, first, begin);
      say(`${words(counts)}${left === "" ? "" : `, ${left}`}`);
    };
    return { update, say, stop: () => undefined };
  }
  const total = first.done + first.failed + first.left;
  const bar = new SingleBar({
    format: "jobs [{bar}] {value}/{total}  {words}  {left}",
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    barsize: 20,
    fps: 10,
    linewrap: false,
  });
  bar.start(total, first.done + first.failed, { words: words(first), left: "" });
  const update = (counts: Counts): void =>
    bar.update(counts.done + counts.failed, { words: words(counts), left: timeLeft(counts, first, begin) });
  return {
    update,
    say: (line) => {
      // The bar is drawn anew below.
      terminal.err(`\r\u001b[2K${line}\n`);
    },
    stop: () => bar.stop(),
  };
}
