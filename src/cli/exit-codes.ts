// What mppc's exit codes mean: scripts rely on these numbers.

export const EXIT = {
  done: 0,
  /** The model or its data is wrong; diagnostics are on stderr. */
  diagnostics: 1,
  /** Unknown options, arguments out of range, files that are not there. */
  usage: 2,
  /** The fit diverged or collapsed. */
  inference: 3,
  /** No usable device, device lost or out of memory: worth a retry. */
  device: 4,
  /** A fault of mppc itself. */
  bug: 70,
  /** Stopped by the system (SIGTERM); `mppc run` leaves a checkpoint: worth a rerun, which goes on from there. */
  stopped: 75,
  /** A job of a batch took longer than `--timeout`. */
  timeout: 124,
  /** Stopped by the user (ctrl-C); `mppc run` leaves a checkpoint, and says how to go on. */
  interrupted: 130,
} as const;
