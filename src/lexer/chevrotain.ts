// Loads chevrotain, quickly: the package's entry point is hundreds of small modules and takes a third of a second at
// every start of the command; the same code, which the package also ships as one file, takes a fiftieth.
// All of mppc takes chevrotain's values from here, since tokens of two copies of it would not match each other.
import type * as Chevrotain from "chevrotain";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const entry = pathToFileURL(createRequire(import.meta.url).resolve("chevrotain"));
/** The single file, beside the directory of the entry point; the tests check that it is there. */
export const bundle = new URL("../chevrotain.min.mjs", entry);

const loaded = (await import(existsSync(bundle) ? bundle.href : "chevrotain")) as typeof Chevrotain;
export const { createToken, CstParser, EOF, Lexer, tokenMatcher } = loaded;
