// The layout of models where no configuration says otherwise.
import type { RequiredOptions } from "prettier";

export const DEFAULT_LAYOUT: Pick<RequiredOptions, "printWidth" | "tabWidth" | "useTabs" | "endOfLine"> = {
  printWidth: 100,
  tabWidth: 2,
  useTabs: false,
  endOfLine: "lf",
};
