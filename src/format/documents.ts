// Prettier's documents: the values that its printer fits to a line width.
import type { Doc } from "prettier";
import { builders, printer } from "prettier/doc";

export type { Doc };
export const doc = builders;
export const documentPrinter = printer;
