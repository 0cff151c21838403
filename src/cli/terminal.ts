// The streams of a command: stdout for results alone, stderr for diagnostics and progress.

/** Where a command writes. Texts come with their line breaks. */
export type Terminal = {
  /** Results. */
  readonly out: (text: string) => void;
  /** Diagnostics, progress, remarks. */
  readonly err: (text: string) => void;
  /** Whether a person watches stderr: then progress is a bar, else lines. */
  readonly interactive: boolean;
  /** Whether stderr may be coloured. */
  readonly color: boolean;
};

/** The process's own streams. A reader who closes the pipe early (`| head`) ends the process without a word. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (problem: NodeJS.ErrnoException) => {
      if (problem.code === "EPIPE") process.exit(0);
      throw problem;
    });
  const interactive = process.stderr.isTTY && process.env["TERM"] !== "dumb";
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive,
    color: interactive && (process.env["NO_COLOR"] ?? "") === "",
  };
}
