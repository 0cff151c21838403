// The command line: its commands, its version and help, and the way from arguments to an exit code.
import { Command, CommanderError } from "commander";
import { VERSION } from "../version.js";
import { batchCommand } from "./commands/batch.js";
import { checkCommand } from "./commands/check.js";
import { compileCommand } from "./commands/compile.js";
import { devicesCommand } from "./commands/devices.js";
import { estimateCommand } from "./commands/estimate.js";
import { EXIT } from "./exit-codes.js";
import { exportCommand } from "./commands/export.js";
import { explainCommand } from "./commands/explain.js";
import { wrongCall } from "./errors.js";
import { reportFailure, UsageError } from "./failures.js";
import { formatCommand } from "./commands/format.js";
import { lspCommand } from "./commands/lsp.js";
import { predictCommand } from "./commands/predict.js";
import { reportCommand } from "./commands/report.js";
import { runCommand } from "./commands/run.js";
import { sbcCommand } from "./commands/sbc.js";
import { simulateCommand } from "./commands/simulate.js";
import type { Terminal } from "./terminal.js";

/** What a command is given. `finish` takes its exit code if that is not 0. */
export type Context = {
  readonly terminal: Terminal;
  readonly finish: (exitCode: number) => void;
  /** To be awaited first by a command that opens a GPU: the process may go on as a child. */
  readonly beforeDevice: () => Promise<void>;
};

const COMMANDS = [
  checkCommand,
  formatCommand,
  compileCommand,
  explainCommand,
  runCommand,
  predictCommand,
  reportCommand,
  exportCommand,
  simulateCommand,
  sbcCommand,
  estimateCommand,
  batchCommand,
  devicesCommand,
  lspCommand,
];

/** Runs `mppc` with these arguments (without node and script) and returns its exit code. Throws nothing. */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
  beforeDevice: Context["beforeDevice"] = () => Promise.resolve(),
): Promise<number> {
  let exitCode: number = EXIT.done;
  const finish = (code: number): void => void (exitCode = code);
  const program = new Command("mppc")
    .description("Compiles .mpp models of hierarchical Bayesian inference to GPU kernels, and runs them.")
    .version(VERSION, "--version", "print the version")
    .helpCommand("help [command]", "print help for a command")
    .showSuggestionAfterError()
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
    .addHelpText("after", "\nExample:\n  mppc run radon.mpp --data radon.json -K 20\n");
  for (const command of COMMANDS) program.addCommand(command({ terminal, finish, beforeDevice }));
  let called: { readonly command: Command; readonly name: string } = { command: program, name: "mppc" };
  const configure = (command: Command, name: string): void => {
    command
      .exitOverride((problem) => {
        called = { command, name };
        throw problem;
      })
      .helpOption("-h, --help", "print help")
      .configureOutput({ writeOut: terminal.out, writeErr: terminal.err, outputError: () => undefined });
    for (const below of command.commands) configure(below, `${name} ${below.name()}`);
  };
  configure(program, "mppc");
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (problem) {
    if (!(problem instanceof CommanderError)) return reportFailure(problem, terminal);
    if (problem.exitCode === 0) return EXIT.done;
    // Without a command it has printed the help.
    if (problem.code === "commander.help") return EXIT.usage;
    const takesData = called.command.options.some(({ long }) => long === "--data");
    return reportFailure(new UsageError(wrongCall(problem.message, called.name, takesData)), terminal);
  }
}
