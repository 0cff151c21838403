#!/usr/bin/env node
// The program `mppc`: hands its arguments to the command line, and the exit code to the system.
import { runCommandLine } from "./command-line.js";
import { EXIT } from "./exit-codes.js";
import { reportFailure } from "./failures.js";
import { takeInterrupt } from "./interrupts.js";
import { processTerminal } from "./terminal.js";

const terminal = processTerminal();

process.on("SIGINT", () => {
  if (takeInterrupt()) return;
  terminal.err("\ninterrupted\n");
  process.exit(EXIT.interrupted);
});
process.on("uncaughtException", (problem) => process.exit(reportFailure(problem, terminal)));

process.exitCode = await runCommandLine(process.argv.slice(2), terminal, async () => {
  const { relaunchForDevice } = await import("./launch.js");
  await relaunchForDevice();
});
