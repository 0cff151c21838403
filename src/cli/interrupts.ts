// What ctrl-C and a request to terminate do: they end the program, unless runs have something to save first.

/** An interrupt by the user, and what a system sends before it kills. */
export type StopSignal = "SIGINT" | "SIGTERM";
type Handler = (signal: StopSignal) => void;

const handlers = new Set<Handler>();
/** What was asked for once for all, runs that have not begun included. */
let requested: StopSignal | null = null;

/** While `use` runs, the first such signal calls `handle` and the next ends the program. */
export async function withInterrupts<T>(handle: Handler, use: () => Promise<T>): Promise<T> {
  // An object of its own: several runs may come with the same function.
  const own: Handler = (signal) => handle(signal);
  if (requested === null) handlers.add(own);
  else own(requested);
  try {
    return await use();
  } finally {
    handlers.delete(own);
  }
}

/** To be called on a signal: true if it is taken care of. */
export function takeInterrupt(signal: StopSignal): boolean {
  const taken = [...handlers];
  handlers.clear();
  for (const handle of taken) handle(signal);
  return taken.length > 0;
}

/** Stops what is running and, as soon as it can be, whatever begins afterwards. */
export function requestStop(signal: StopSignal): void {
  requested = signal;
  takeInterrupt(signal);
}

/** The signal of `requestStop`; null before. */
export const stopRequested = (): StopSignal | null => requested;
