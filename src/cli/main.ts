#!/usr/bin/env node
// The program `mppc`: hands its arguments to the command line, and the exit code to the system.
import { runCommandLine } from "./command-line.js";
import { reportFailure, STOP_EXIT, STOPPED_BY } from "./failures.js";
import { takeInterrupt } from "./interrupts.js";
import { processTerminal } from "./terminal.js";

const terminal = processTerminal();

process.on("SIGINT", () => {
  if (takeInterrupt("SIGINT")) return;
  terminal.err(`\n${STOPPED_BY.SIGINT}\n`);
  process.exit(STOP_EXIT.SIGINT);
});
process.on("uncaughtException", (problem) => process.exit(reportFailure(problem, terminal)));

process.exitCode = await runCommandLine(process.argv.slice(2), terminal, async () => {
  const { relaunchForDevice } = await import("./launch.js");
  await relaunchForDevice();
});
