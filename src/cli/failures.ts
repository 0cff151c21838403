// Turns whatever a command throws into words on stderr and an exit code.
import { renderDiagnostics, type Diagnostic, DiagnosticError } from "../diagnostic.js";
import { DeviceError } from "../runtime/device.js";
import { VERSION } from "../version.js";
import { EXIT } from "./exit-codes.js";
import type { StopSignal } from "./interrupts.js";
import type { Terminal } from "./terminal.js";

/** The command was called wrongly, beyond what its options' parsers see: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  constructor(readonly diagnostic: Diagnostic) {
    super(diagnostic.message);
  }
}

/** A file cannot be written, for want of room or permission: nothing is wrong with what was to be in it. */
export class UnwritableError extends UsageError {}

/** The command was stopped by a signal: exit code 130 after the user's, 75 after the system's. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** `how`: how to go on. */
  constructor(
    readonly how: string,
    readonly signal: StopSignal,
  ) {
    super(`${STOPPED_BY[signal]}; ${how}`);
  }
}

/** What a signal did to the command, and the exit code that says so. */
export const STOPPED_BY: Readonly<Record<StopSignal, string>> = { SIGINT: "interrupted", SIGTERM: "stopped" };
export const STOP_EXIT = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.stopped } as const;

/** An error of inference, recognised by its exit code so that commands without inference need not load it. */
type InferenceFailure = Error & { readonly exitCode: 3; readonly diagnostic: Diagnostic };

const isInferenceFailure = (problem: unknown): problem is InferenceFailure =>
  problem instanceof Error && problem.name === "InferenceError" && "diagnostic" in problem;

/** Says on stderr what went wrong and returns the exit code. */
export function reportFailure(problem: unknown, terminal: Terminal): number {
  const tell = (diagnostics: readonly Diagnostic[], code: number): number => {
    terminal.err(`${paint(renderDiagnostics(diagnostics), terminal)}\n`);
    return code;
  };
  if (problem instanceof DiagnosticError) return tell(problem.diagnostics, EXIT.diagnostics);
  if (problem instanceof UsageError) return tell([problem.diagnostic], EXIT.usage);
  if (isInferenceFailure(problem)) return tell([problem.diagnostic], EXIT.inference);
  if (problem instanceof DeviceError) {
    const { code, reason: message, hint } = problem;
    return tell([{ code, severity: "error", message, ...(hint === undefined ? {} : { hint }) }], EXIT.device);
  }
  if (problem instanceof Interrupted) {
    terminal.err(`${STOPPED_BY[problem.signal]}\n${problem.how}\n`);
    return STOP_EXIT[problem.signal];
  }
  terminal.err(bugReport(problem));
  return EXIT.bug;
}

/** Prints diagnostics, errors and remarks alike, if there are any. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], terminal: Terminal): void {
  if (diagnostics.length > 0) terminal.err(`${paint(renderDiagnostics(diagnostics), terminal)}\n`);
}

function bugReport(problem: unknown): string {
  const what = problem instanceof Error ? `${problem.name}: ${problem.message}` : String(problem);
  const first = what.split("\n").slice(0, 3).join("\n  ");
  const lines = [
    `this is a bug in mppc: ${first}`,
    "",
    "Please report it with the model, the command line and what follows:",
    `  mppc ${VERSION}, node ${process.version}, ${process.platform} ${process.arch}`,
  ];
  if (process.env["MPPC_DEBUG"] === "1" && problem instanceof Error) lines.push("", problem.stack ?? "");
  else lines.push("Set MPPC_DEBUG=1 and run it again to see where it happened.");
  return `${lines.join("\n")}\n`;
}

const COLORS = { error: "\u001b[1;31m", warning: "\u001b[1;33m", note: "\u001b[1;36m" } as const;
const RESET = "\u001b[0m";

/** Colours the headlines' severities on a terminal. */
function paint(text: string, terminal: Terminal): string {
  if (!terminal.color) return text;
  return text.replace(
    /^(error|warning|note)(\[\w+\])/gm,
    (all, severity: keyof typeof COLORS) => `${COLORS[severity]}${all}${RESET}`,
  );
}
