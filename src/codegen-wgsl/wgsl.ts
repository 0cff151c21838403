// WGSL as data: the declarations, statements and expressions that kernels need, and the only place that prints them.
import { absurd, Bug } from "../diagnostic.js";
import { LOG_ZERO } from "../ir/program.js";

export type WgslExpression =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "f32"; readonly value: number }
  | { readonly kind: "u32"; readonly value: number }
  | { readonly kind: "element"; readonly array: string; readonly index: WgslExpression }
  /** A component of a vector: of a fixed number, or of one that an index gives. */
  | { readonly kind: "component"; readonly vector: WgslExpression; readonly at: number | WgslExpression }
  | { readonly kind: "call"; readonly callee: string; readonly args: readonly WgslExpression[] }
  | { readonly kind: "unary"; readonly operator: "-" | "!"; readonly arg: WgslExpression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: WgslExpression;
      readonly right: WgslExpression;
    };

export type WgslStatement =
  | { readonly kind: "comment"; readonly text: string }
  | { readonly kind: "let" | "var"; readonly name: string; readonly value: WgslExpression }
  | { readonly kind: "assign"; readonly target: WgslExpression; readonly value: WgslExpression }
  | { readonly kind: "return-if"; readonly test: WgslExpression }
  | { readonly kind: "if"; readonly test: WgslExpression; readonly body: readonly WgslStatement[] }
  | {
      readonly kind: "for";
      readonly name: string;
      readonly from: WgslExpression;
      readonly below: WgslExpression;
      /** 1 if it is null. */
      readonly step: WgslExpression | null;
      readonly body: readonly WgslStatement[];
    };

export type WgslDeclaration =
  | { readonly kind: "comment"; readonly text: string }
  | {
      readonly kind: "uniform";
      readonly struct: string;
      readonly name: string;
      readonly fields: readonly string[];
    }
  /** What the jobs of a packed launch differ in, as a uniform array of so many, and the one that is computed. */
  | { readonly kind: "jobs"; readonly binding: number; readonly most: number }
  | {
      readonly kind: "array";
      readonly binding: number;
      readonly access: "read" | "read_write";
      readonly name: string;
      readonly comment: string;
      readonly element: "f32" | "vec4f";
    }
  | { readonly kind: "override"; readonly name: string; readonly value: WgslExpression }
  | { readonly kind: "const"; readonly name: string; readonly value: number }
  /** Fixed source text: helper functions. */
  | { readonly kind: "prelude"; readonly text: string }
  | {
      readonly kind: "compute";
      readonly comment: string;
      readonly name: string;
      readonly workgroupSize: number;
      readonly body: readonly WgslStatement[];
    };

export const named = (name: string): WgslExpression => ({ kind: "name", name });
export const unsigned = (value: number): WgslExpression => ({ kind: "u32", value });
export const call = (callee: string, ...args: WgslExpression[]): WgslExpression => ({
  kind: "call",
  callee,
  args,
});
export const binary = (
  operator: BinaryOperator,
  left: WgslExpression,
  right: WgslExpression,
): WgslExpression => ({ kind: "binary", operator, left, right });

/** A sum of indices, written from left to right. */
export function add(left: WgslExpression, right: WgslExpression): WgslExpression {
  if (right.kind === "u32" && right.value === 0) return left;
  if (right.kind === "binary" && right.operator === "+") return add(add(left, right.left), right.right);
  return binary("+", left, right);
}

/** How tightly each operator binds; WGSL wants parentheses where && meets ||, and between comparisons. */
const BINDING = {
  "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5,
} as const; // prettier-ignore
export type BinaryOperator = keyof typeof BINDING;
const LOGIC = 2;
const COMPARISON = 3;
const UNARY = 6;

/** The name of the constant that stands for the logarithm of zero. */
export const LOG_ZERO_NAME = "LOG_ZERO";

export function printExpression(e: WgslExpression, atLeast = 0): string {
  switch (e.kind) {
    case "name":
      return e.name;
    case "f32": {
      const text = e.value === LOG_ZERO ? LOG_ZERO_NAME : printFloat(e.value);
      return text.startsWith("-") ? parenthesise(text, UNARY, atLeast) : text;
    }
    case "u32":
      return `${e.value}u`;
    case "element":
      return `${e.array}[${printExpression(e.index)}]`;
    case "component": {
      const vector = printExpression(e.vector, UNARY + 1);
      return typeof e.at === "number"
        ? `${vector}.${"xyzw".charAt(e.at)}`
        : `${vector}[${printExpression(e.at)}]`;
    }
    case "call":
      return `${e.callee}(${printArguments(e.args)})`;
    case "unary":
      return parenthesise(`${e.operator}${printExpression(e.arg, UNARY + 1)}`, UNARY, atLeast);
    case "binary":
      return printBinary(e, atLeast);
    default:
      return absurd(e);
  }
}

function printBinary(e: Extract<WgslExpression, { kind: "binary" }>, atLeast: number): string {
  const binding = BINDING[e.operator];
  // a && b && c needs none, a && (b || c) and (a || b) && c do, and so do both sides of a comparison.
  const sideways = (side: WgslExpression): number => {
    if (binding > LOGIC) return binding === COMPARISON ? COMPARISON + 1 : binding;
    return side.kind === "binary" && side.operator === e.operator ? binding : LOGIC + 1;
  };
  const left = printExpression(e.left, sideways(e.left));
  const right = printExpression(e.right, binding > LOGIC ? binding + 1 : sideways(e.right));
  return parenthesise(`${left} ${e.operator} ${right}`, binding, atLeast);
}

/** In `f(a < b, c > d)` WGSL would take `<b, c>` for a template list. */
function printArguments(args: readonly WgslExpression[]): string {
  const plain = args.map((a) => printExpression(a));
  const ambiguous = plain.some((text) => text.includes(">")) && plain.some((text) => text.includes("<"));
  return (ambiguous ? args.map((a) => printExpression(a, COMPARISON + 1)) : plain).join(", ");
}

const parenthesise = (text: string, binding: number, atLeast: number): string =>
  binding < atLeast ? `(${text})` : text;

/**
 * The shortest decimal that reads back as the same float32, as a WGSL float literal ("0.1", "1e-7", "-2.0").
 * Throws a Bug if the value is not finite in float32.
 */
export function printFloat(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) throw new Bug(`the literal ${value} does not fit into float32`);
  for (let digits = 1; digits < 9; digits++) {
    const text = single.toPrecision(digits);
    if (Math.fround(Number(text)) === single) return withPoint(String(Number(text)));
  }
  return withPoint(String(Number(single.toPrecision(9))));
}

const withPoint = (text: string): string => (/[.e]/.test(text) ? text.replace("e+", "e") : `${text}.0`);

/** Names of the functions and constants that statements use, in no particular order. */
export function namesUsed(statements: readonly WgslStatement[]): Set<string> {
  const names = new Set<string>();
  const inExpression = (e: WgslExpression): void => {
    switch (e.kind) {
      case "name":
        return void names.add(e.name);
      case "f32":
        if (e.value === LOG_ZERO) names.add(LOG_ZERO_NAME);
        return;
      case "u32":
        return;
      case "element":
        names.add(e.array);
        return inExpression(e.index);
      case "component":
        inExpression(e.vector);
        return typeof e.at === "number" ? undefined : inExpression(e.at);
      case "call":
        names.add(e.callee);
        return e.args.forEach(inExpression);
      case "unary":
        return inExpression(e.arg);
      case "binary":
        inExpression(e.left);
        return inExpression(e.right);
      default:
        return absurd(e);
    }
  };
  const inStatement = (s: WgslStatement): void => {
    switch (s.kind) {
      case "comment":
        return;
      case "let":
      case "var":
        return inExpression(s.value);
      case "assign":
        inExpression(s.target);
        return inExpression(s.value);
      case "return-if":
        return inExpression(s.test);
      case "if":
        inExpression(s.test);
        return s.body.forEach(inStatement);
      case "for":
        [s.from, s.below, ...(s.step === null ? [] : [s.step])].forEach(inExpression);
        return s.body.forEach(inStatement);
      default:
        return absurd(s);
    }
  };
  statements.forEach(inStatement);
  return names;
}

/** Statements without the `let`s that nothing uses, directly or through one another. */
export function withoutUnused(statements: readonly WgslStatement[]): readonly WgslStatement[] {
  const used = namesUsed(statements);
  const clean = (block: readonly WgslStatement[]): WgslStatement[] =>
    block.flatMap((s) => {
      if (s.kind === "let" && !used.has(s.name)) return [];
      return [s.kind === "for" || s.kind === "if" ? { ...s, body: clean(s.body) } : s];
    });
  const cleaned = clean(statements);
  return namesUsed(cleaned).size < used.size ? withoutUnused(cleaned) : cleaned;
}

/** A whole module, ending in a newline. */
export function printModule(declarations: readonly WgslDeclaration[]): string {
  return [...declarations.flatMap(printDeclaration), ""].join("\n");
}

function printDeclaration(d: WgslDeclaration): string[] {
  switch (d.kind) {
    case "comment":
      return comment(d.text, "");
    case "uniform":
      return [
        `struct ${d.struct} {`,
        ...d.fields.map((field) => `  ${field}: u32,`),
        "}",
        `@group(0) @binding(0) var<uniform> ${d.name}: ${d.struct};`,
      ];
    case "jobs":
      return [
        "struct Job { slot: u32, seed: u32, iteration: u32, first: u32 }",
        `@group(0) @binding(${d.binding}) var<uniform> jobs: array<Job, ${d.most}>;`,
        "var<private> job: Job;",
      ];
    case "array": {
      const declared = `@group(0) @binding(${d.binding}) var<storage, ${d.access}> ${d.name}: array<${d.element}>;`;
      return [...comment(d.comment, ""), declared];
    }
    case "override":
      return [`override ${d.name}: u32 = ${printExpression(d.value)};`];
    case "const":
      return [`const ${d.name} = ${printFloat(d.value)};`];
    case "prelude":
      return ["", d.text.trimEnd()];
    case "compute":
      return [
        "",
        ...comment(d.comment, ""),
        `@compute @workgroup_size(${d.workgroupSize})`,
        `fn ${d.name}(`,
        "  @builtin(workgroup_id) group: vec3u,",
        "  @builtin(num_workgroups) groups: vec3u,",
        "  @builtin(local_invocation_index) lane: u32,",
        ") {",
        ...printStatements(d.body, 1),
        "}",
      ];
    default:
      return absurd(d);
  }
}

function printStatements(statements: readonly WgslStatement[], level: number): string[] {
  const pad = "  ".repeat(level);
  return statements.flatMap((s): string[] => {
    switch (s.kind) {
      case "comment":
        return comment(s.text, pad);
      case "let":
      case "var":
        return [`${pad}${s.kind} ${s.name} = ${printExpression(s.value)};`];
      case "assign":
        return [`${pad}${printExpression(s.target)} = ${printExpression(s.value)};`];
      case "return-if":
        return [`${pad}if ${printExpression(s.test)} { return; }`];
      case "if":
        return [`${pad}if ${printExpression(s.test)} {`, ...printStatements(s.body, level + 1), `${pad}}`];
      case "for": {
        const [from, below] = [printExpression(s.from), printExpression(s.below, COMPARISON + 1)];
        const next = s.step === null ? "++" : ` += ${printExpression(s.step)}`;
        const head = `for (var ${s.name} = ${from}; ${s.name} < ${below}; ${s.name}${next}) {`;
        return [`${pad}${head}`, ...printStatements(s.body, level + 1), `${pad}}`];
      }
      default:
        return absurd(s);
    }
  });
}

/** WGSL has more line breaks than most languages, and no way to write U+0000. */
const comment = (text: string, pad: string): string[] =>
  text
    .replaceAll("\0", " ")
    .split(/[\n\v\f\r\u0085\u2028\u2029]+/)
    .map((line) => `${pad}// ${line}`);
