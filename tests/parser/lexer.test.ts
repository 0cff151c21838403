// The lexer: what it splits where, and what it refuses.
import { describe, expect, it } from "vitest";
import { tokenize } from "../../src/lexer/lexer.js";
import { brief } from "./parsing.js";

const lex = (text: string) => tokenize({ path: "test.mpp", text });
const kinds = (text: string): string[] => lex(text).tokens.map((t) => `${t.tokenType.name}:${t.image}`);

describe("tokens", () => {
  it("keeps words apart from the names that begin with them", () => {
    expect(kinds("int int_x integer in inn plate plates T Tau ordered ordered_x positive_ordered model_")).toEqual([
      "TypeName:int", "Identifier:int_x", "Identifier:integer", "In:in", "Identifier:inn", "Plate:plate",
      "Identifier:plates", "Truncate:T", "Identifier:Tau", "Ordered:ordered", "Identifier:ordered_x",
      "TypeName:positive_ordered", "Identifier:model_",
    ]); // prettier-ignore
  });
  it("takes the longest operator", () => {
    expect(kinds("a<=b==c!=!d||e|f+=g.*h./i").filter((k) => !k.startsWith("Identifier"))).toEqual([
      "LessEqual:<=", "Equal:==", "NotEqual:!=", "Not:!", "Or:||", "Bar:|", "PlusAssign:+=", "ElementTimes:.*",
      "ElementDivide:./",
    ]); // prettier-ignore
  });
  it("splits ranges, arrows and numbers as they are meant", () => {
    expect(kinds("1:3 a<-1 1.5e-3 .5 2. 1_000 7e2")).toEqual([
      "Integer:1", "Colon::", "Integer:3", "Identifier:a", "Less:<", "Minus:-", "Integer:1", "Real:1.5e-3", "Real:.5",
      "Real:2.", "Integer:1_000", "Real:7e2",
    ]); // prettier-ignore
  });
  it("keeps comments with their places", () => {
    const { comments, tokens } = lex("a // b\n/* c\n* d */ e /**/ /***/ f");
    expect(comments.map((c) => [c.text, c.span.start])).toEqual([["// b", 2], ["/* c\n* d */", 7], ["/**/", 21], ["/***/", 26]]); // prettier-ignore
    expect(tokens.map((t) => t.image)).toEqual(["a", "e", "f"]);
  });
});

describe("what the lexer refuses", () => {
  it.each([
    ["# a", "E0101 1:1 the character '#' is not part of the language"],
    ["a\u00a0b", "E0101 1:2 the character 'U+00A0' is not part of the language"],
    ["σσ = 1", "E0101 1:1 the characters 'σσ' are not part of the language"],
    ["x😀", "E0101 1:2 the character '😀' is not part of the language"],
    ['"a b" + c', "E0102 1:1 strings are not in the language"],
    ['"a b\nc', "E0102 1:1 strings are not in the language"],
    ["a /* b\n", "E0103 1:3 this comment is never closed"],
    ["5abc", "E0104 1:1 '5abc' is neither a number nor a name"],
    ["1.5.2", "E0104 1:1 '1.5.2' is neither a number nor a name"],
    ["1e999", "E0105 1:1 the number 1e999 is too large"],
    ["99999999999999999999", "E0105 1:1 the number 99999999999999999999 is too large"],
    ["_x", "E0106 1:1 the name '_x' starts with '_'"],
  ])("%s", (text, message) => {
    expect(brief(lex(text).diagnostics)).toEqual([message]);
  });
});
