// The version of mppc: that of its package.json, which lies beside the folder this file is in.
import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");

export const VERSION = (JSON.parse(text) as { readonly version: string }).version;
