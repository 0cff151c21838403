// Golden dumps of the stages behind the type checker for three models; those of the front end are tested beside it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkSource, STAGES } from "../src/compile.js";
import { renderDiagnostics } from "../src/diagnostic.js";

const FOLDER = join(import.meta.dirname, "good");

describe.each(["eight_schools", "radon", "mixture", "random_walk"])("%s", (name) => {
  const path = `${name}.mpp`;
  const { checked, diagnostics } = checkSource({ path, text: readFileSync(join(FOLDER, path), "utf8") });
  if (checked === null) throw new Error(renderDiagnostics(diagnostics));

  it.each(STAGES.filter((stage) => stage !== "ast" && stage !== "types"))("%s", async (stage) => {
    const text = checked.dump(stage, "estimate");
    await expect(text).toMatchFileSnapshot(join(FOLDER, `${name}.golden`, `${stage}.txt`));
  });
});
