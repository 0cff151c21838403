// A process that does jobs of a batch, as the process that started it tells it to.
import { reportFailure, UnwritableError } from "../failures.js";
import { requestStop } from "../interrupts.js";
import { Bug } from "../../diagnostic.js";
import type { FromWorker, ToWorker } from "../batch/messages.js";
import { Worker } from "../batch/worker.js";
import type { Terminal } from "../terminal.js";

/** Works until the other process says that there is nothing left, by closing the channel, or is gone. */
export function batchWork(terminal: Terminal): Promise<void> {
  const tell = (message: FromWorker): void => void process.send?.(message);
  // Signals of a terminal come to every process there; what they mean is for the other process to say.
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.removeAllListeners(signal).on(signal, () => undefined);
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));
  let worker: Worker | null = null;
  return new Promise<void>(() => {
    process.on("message", (message: ToWorker) => {
      if (message.type === "assign") worker = new Worker(message, tell);
      else if (message.type === "stop") requestStop(message.signal);
      else if (worker === null) throw new Bug("jobs came before what they are of");
      else
        worker.work(message.jobs).then(
          () => tell({ type: "idle" }),
          (problem: unknown) => {
            if (problem instanceof UnwritableError)
              tell({ type: "unwritable", diagnostic: problem.diagnostic });
            else process.exit(reportFailure(problem, terminal));
          },
        );
    });
  });
}
