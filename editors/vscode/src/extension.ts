// The extension: starts the language server for .mpp files, and offers the commands of the palette.
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import * as vscode from "vscode";
import { LanguageClient } from "vscode-languageclient/node";
import { type Ending, runProgram } from "./process.js";
import {
  checkArguments,
  dataBeside,
  findProgram,
  type Program,
  reportArguments,
  reportIn,
  runArguments,
  shown,
} from "./program.js";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("mppc");
  const command = (name: string, action: () => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(name, action);
  context.subscriptions.push(
    output,
    command("mppc.run", () => runModel(context, output)),
    command("mppc.check", () => checkModel(output)),
    command("mppc.restart", async () => {
      await deactivate();
      await startServer();
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("mppc.path")) void vscode.commands.executeCommand("mppc.restart");
    }),
  );
  await startServer();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}

function programFor(model: vscode.Uri | undefined): Program {
  const workspace = model
    ? vscode.workspace.getWorkspaceFolder(model)
    : vscode.workspace.workspaceFolders?.[0];
  return findProgram({
    setting: vscode.workspace.getConfiguration("mppc", model).get("path", ""),
    folder: model?.scheme === "file" ? dirname(model.fsPath) : workspace?.uri.fsPath,
    platform: process.platform,
  });
}

async function startServer(): Promise<void> {
  const program = programFor(vscode.window.activeTextEditor?.document.uri);
  const server = { command: program.command, args: ["lsp"], options: { shell: program.shell } };
  client = new LanguageClient("mppc", "mppc language server", server, {
    documentSelector: [
      { scheme: "file", language: "mpp" },
      { scheme: "untitled", language: "mpp" },
    ],
  });
  try {
    await client.start();
  } catch {
    client = undefined;
    const choice = await vscode.window.showErrorMessage(
      `mppc: cannot start '${shown(program, ["lsp"])}'. Install mppc in the workspace (npm install mppc), or say where it is.`,
      "Open settings",
    );
    if (choice !== undefined)
      await vscode.commands.executeCommand("workbench.action.openSettings", "mppc.path");
  }
}

/** The model of the active editor, saved; undefined, with a word about it, if there is none. */
async function activeModel(): Promise<vscode.Uri | undefined> {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== "mpp" || document.isUntitled || !(await document.save())) {
    void vscode.window.showInformationMessage("mppc: open a model (.mpp) that is saved in a file.");
    return undefined;
  }
  return document.uri;
}

/** Runs the program while a notification says so; what it prints is in the output. `said`: whether it printed anything. */
async function watched(
  title: string,
  model: vscode.Uri,
  args: readonly string[],
  output: vscode.OutputChannel,
): Promise<Ending & { readonly said: boolean }> {
  let said = false;
  const program = programFor(model);
  output.appendLine(`> ${shown(program, args)}`);
  const location = vscode.ProgressLocation.Notification;
  const ending = await vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) =>
    runProgram(program, args, dirname(model.fsPath), {
      hear: (text) => {
        said = true;
        output.append(text);
        const line = text
          .trimEnd()
          .split(/[\r\n]/)
          .at(-1);
        if (line) progress.report({ message: line.slice(0, 120) });
      },
      onCancel: (stop) => token.onCancellationRequested(stop),
    }),
  );
  if (ending.problem !== undefined) void vscode.window.showErrorMessage(`mppc: ${ending.problem}.`);
  else if (ending.code !== 0) output.show(true);
  return { ...ending, said };
}

async function checkModel(output: vscode.OutputChannel): Promise<void> {
  const model = await activeModel();
  if (model === undefined) return;
  const { code, said } = await watched("Checking the model", model, checkArguments(model.fsPath), output);
  if (code !== 0) return;
  // Warnings are no errors, but they are to be seen.
  if (said) output.show(true);
  else void vscode.window.showInformationMessage(`mppc: no errors in ${basename(model.fsPath)}.`);
}

/** Asks for data files, runs the model, and shows the report. */
async function runModel(context: vscode.ExtensionContext, output: vscode.OutputChannel): Promise<void> {
  const model = await activeModel();
  if (model === undefined) return;
  const data = await dataFiles(context, model);
  if (data === undefined) return;
  const run = mkdtempSync(join(tmpdir(), `${basename(model.fsPath, ".mpp")}-run-`));
  const further = vscode.workspace.getConfiguration("mppc", model).get<readonly string[]>("runArguments", []);
  const title = `Running ${basename(model.fsPath)}`;
  const done = await watched(title, model, runArguments(model.fsPath, data, run, further), output);
  if (done.code !== 0) return;
  const reported = await watched("Writing the report", model, reportArguments(run), output);
  if (reported.code === 0) showReport(model, run);
}

const CHOOSE = "Choose data files...";
const NONE = "No data";

/** The files that the user picks: those of the last run, one beside the model, or any; undefined if none was chosen. */
async function dataFiles(
  context: vscode.ExtensionContext,
  model: vscode.Uri,
): Promise<readonly string[] | undefined> {
  const key = `data of ${model.toString()}`;
  const last = context.workspaceState.get<readonly string[]>(key, []);
  const again = `Again: ${last.map((file) => basename(file)).join(", ")}`;
  const beside = dataBeside(model.fsPath).filter((file) => last.length !== 1 || file !== last[0]);
  const names = beside.map((file) => basename(file));
  const choice = await vscode.window.showQuickPick(
    [...(last.length > 0 ? [again] : []), ...names, CHOOSE, NONE],
    { placeHolder: "Data of this run" },
  );
  if (choice === undefined) return undefined;
  if (choice === again) return last;
  if (choice === NONE) return [];
  const files = choice === CHOOSE ? await chosenFiles(model) : [join(dirname(model.fsPath), choice)];
  if (files) await context.workspaceState.update(key, files);
  return files;
}

async function chosenFiles(model: vscode.Uri): Promise<readonly string[] | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    defaultUri: vscode.Uri.file(dirname(model.fsPath)),
    canSelectMany: true,
    filters: { Data: ["json", "csv"], "All files": ["*"] },
    openLabel: "Run with this data",
  });
  return chosen?.map((file) => file.fsPath);
}

/** The panels that show reports, by their models: another run of a model takes the place of the one before. */
const reports = new Map<string, vscode.WebviewPanel>();

function showReport(model: vscode.Uri, run: string): void {
  const key = model.toString();
  const panel = reports.get(key) ?? openPanel(key, `${basename(model.fsPath)}: report`);
  panel.webview.html = readFileSync(reportIn(run), "utf8");
  panel.reveal(undefined, true);
}

function openPanel(key: string, title: string): vscode.WebviewPanel {
  const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
  const options = { enableScripts: true, retainContextWhenHidden: true };
  const panel = vscode.window.createWebviewPanel("mppc.report", title, place, options);
  panel.onDidDispose(() => reports.delete(key));
  reports.set(key, panel);
  return panel;
}
