// Waiting for a driver that computes on the same processors, without keeping one of them busy.
import { setImmediate as turn } from "node:timers/promises";

/** Milliseconds: sleeping takes about a twentieth of one longer than asked for, which little work is not worth. */
const LEAST_PAUSE = 0.05;
const GREATEST_PAUSE = 5;
/** Of the time waited so far, so that what is ready is noticed about this share too late at most. */
const SHARE = 1 / 20;

/** Nobody wakes what sleeps on it. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

/**
 * The same promise. Until it is settled Dawn asks the driver whether it is done in every turn of the event loop, over
 * and over; here the thread sleeps in between, a little longer the longer it has waited.
 */
export async function yielding<T>(work: Promise<T>): Promise<T> {
  const state = { waiting: true };
  const begin = performance.now();
  const done = work.finally(() => (state.waiting = false));
  // The caller hears of a failure; here it only ends the waiting.
  done.catch(() => undefined);
  while (state.waiting) {
    const pause = SHARE * (performance.now() - begin);
    if (pause >= LEAST_PAUSE) Atomics.wait(NEVER, 0, 0, Math.min(pause, GREATEST_PAUSE));
    await turn();
  }
  return done;
}
