// What ctrl-C and a request to terminate do: they end the program, unless runs have something to save first.

/** An interrupt by the user, and what a system sends before it kills. */
export type StopSignal = "SIGINT" | "SIGTERM";
type Handler = (signal: StopSignal) => void;

const handlers = new Set<Handler>();
/** What was asked for once for all, runs that have not begun included. */
let requested: StopSignal | null = null;

/** Without anything to save a request to terminate does what it always does, at once, whatever is being computed. */
const onTerminate = (): void => void takeInterrupt("SIGTERM");

function add(handler: Handler): void {
  if (handlers.size === 0) process.on("SIGTERM", onTerminate);
  handlers.add(handler);
}

function remove(handler: Handler): void {
  if (handlers.delete(handler) && handlers.size === 0) process.off("SIGTERM", onTerminate);
}

/** While `use` runs, the first such signal calls `handle` and the next ends the program. */
export async function withInterrupts<T>(handle: Handler, use: () => Promise<T>): Promise<T> {
  // An object of its own: several runs may come with the same function.
  const own: Handler = (signal) => handle(signal);
  if (requested === null) add(own);
  else own(requested);
  try {
    return await use();
  } finally {
    remove(own);
  }
}

/** To be called on a signal: true if it is taken care of. */
export function takeInterrupt(signal: StopSignal): boolean {
  const taken = [...handlers];
  taken.forEach(remove);
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
