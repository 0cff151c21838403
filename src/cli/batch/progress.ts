// Progress of a batch: a bar where a person watches, lines every few seconds elsewhere.
import { makeBar } from "../bar.js";
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

/**
 * Milliseconds from the end of a job to when it is told of, in a line or in the time left: jobs that are done together end
 * together, and the first of them says nothing of how long one takes.
 */
const TOLD_AFTER = 5000;

/** Time left, by what the jobs of this process took until now. */
function timeLeft(counts: Counts, first: Counts, begin: number): string {
  const ended = first.left - counts.left;
  if (ended < 1 || counts.left === 0) return "";
  return `${duration(((performance.now() - begin) / 1000 / ended) * counts.left)} left`;
}

const words = ({ done, failed, left }: Counts): string =>
  `${done} done${failed === 0 ? "" : `, ${failed} failed`}, ${left} to do`;

/** Calls `tell` with the latest counts some time after they changed, and at once when there is nothing left. */
function afterwards(tell: (counts: Counts) => void): Pick<BatchDisplay, "update" | "stop"> {
  let timer: NodeJS.Timeout | null = null;
  let latest: Counts | null = null;
  const now = (): void => {
    timer = null;
    if (latest !== null) tell(latest);
  };
  const stop = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const update = (counts: Counts): void => {
    const isFirst = latest === null;
    latest = counts;
    if (!isFirst && counts.left > 0) {
      timer ??= setTimeout(now, TOLD_AFTER);
      return;
    }
    stop();
    now();
  };
  return { update, stop };
}

/** Starts a display on stderr. */
export function showBatch(first: Counts, terminal: Terminal): BatchDisplay {
  const begin = performance.now();
  const say = (line: string): void => terminal.err(`${line}\n`);
  if (!terminal.interactive) {
    const line = (counts: Counts): void => {
      const left = timeLeft(counts, first, begin);
      say(`${words(counts)}${left === "" ? "" : `, ${left}`}`);
    };
    return { ...afterwards(line), say };
  }
  const total = first.done + first.failed + first.left;
  const bar = makeBar("jobs [{bar}] {value}/{total}  {words}  {left}");
  let left = "";
  const draw = (counts: Counts): void =>
    bar.update(counts.done + counts.failed, { words: words(counts), left });
  const estimate = afterwards((counts) => {
    left = timeLeft(counts, first, begin);
    draw(counts);
  });
  bar.start(total, first.done + first.failed, { words: words(first), left });
  return {
    update: (counts) => {
      draw(counts);
      estimate.update(counts);
    },
    say: (line) => {
      // The bar is drawn anew below.
      terminal.err(`\r\u001b[2K${line}\n`);
    },
    stop: () => {
      estimate.stop();
      bar.stop();
    },
  };
}
