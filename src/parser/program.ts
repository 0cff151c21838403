// The blocks of a model: their order, and the program they make.
import type { CstNode } from "chevrotain";
import { BLOCKS } from "../lexer/tokens.js";
import type { Name } from "../source.js";
import type { DataItem, FunctionItem, GuideStatement, Program, Statement } from "./ast.js";
import type { Context } from "./context.js";
import { nameOf, node, nodes, token } from "./cst.js";
import * as errors from "./errors.js";
import { functionItems } from "./functions.js";
import { guideStatements } from "./guide.js";
import { dataItems, statements } from "./statements.js";

type BlockName = (typeof BLOCKS)[number];
const isBlockName = (text: string): text is BlockName => BLOCKS.some((block) => block === text);

/**
 * A program from its tree, with what is wrong with its blocks reported. `hasStrays`: something stands outside of
 * every block, which may well have been meant for the model.
 */
export function programOf(cx: Context, tree: CstNode, hasStrays: boolean): Program {
  let mayBeModel = hasStrays;
  const parts = {
    functions: [] as FunctionItem[],
    data: [] as DataItem[],
    parameters: [] as Statement[],
    model: [] as Statement[],
    guide: [] as GuideStatement[],
    generated: [] as Statement[],
  } satisfies { [B in BlockName]: unknown };
  const blocks: Name[] = [];
  for (const block of nodes(tree, "block")) {
    const functionsBlock = node(block, "functionsBlock");
    const statementBlock = node(block, "statementBlock");
    const keyword = token(functionsBlock, "Functions") ?? token(statementBlock, "BlockKeyword");
    if (keyword === undefined) continue;
    const body = node(statementBlock, "body");
    if (!isBlockName(keyword.image)) {
      cx.breakNames(declaredIn(statements(cx, body, "model")));
      mayBeModel ||= !keyword.image.startsWith("transformed ");
      continue;
    }
    blocks.push(nameOf(cx.source, keyword));
    switch (keyword.image) {
      case "functions":
        parts.functions = parts.functions.concat(functionItems(cx, functionsBlock));
        break;
      case "data":
        parts.data = parts.data.concat(dataItems(cx, body));
        break;
      case "guide":
        parts.guide = parts.guide.concat(guideStatements(cx, body));
        break;
      default:
        parts[keyword.image] = parts[keyword.image].concat(statements(cx, body, keyword.image));
    }
  }
  checkOrder(cx, blocks);
  if (!mayBeModel && !blocks.some((block) => block.text === "model")) {
    const end = cx.source.text.trimEnd().length;
    cx.diagnostics.push(errors.noModelBlock({ source: cx.source, start: end, end }));
  }
  const span = { source: cx.source, start: 0, end: cx.source.text.length };
  return { ...parts, blocks, brokenNames: cx.brokenNames, span };
}

/** The names that statements declare, at any depth. */
function declaredIn(body: readonly Statement[]): Name[] {
  return body.flatMap((statement) => {
    switch (statement.kind) {
      case "sample":
      case "local":
        return [statement.name];
      case "plate":
      case "block":
        return declaredIn(statement.body);
      case "if":
        return declaredIn(statement.otherwise ? [statement.then, statement.otherwise] : [statement.then]);
      case "for":
        return declaredIn([statement.body]);
      case "target":
        return [];
    }
  });
}

/** Every block at most once, in order. */
function checkOrder(cx: Context, blocks: readonly Name[]): void {
  const place = (name: Name): number => BLOCKS.findIndex((block) => block === name.text);
  blocks.forEach((block, i) => {
    const before = blocks.slice(0, i);
    const first = before.find((other) => other.text === block.text);
    const later = before.find((other) => place(other) > place(block));
    if (first) cx.report(errors.blockTwice(block, first));
    else if (later) cx.report(errors.blockOutOfOrder(block, later));
  });
}
