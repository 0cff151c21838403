// Every message of the type checker, as functions from domain values to diagnostics. Codes by kind: names E02xx,
// plates E03xx, control flow E034x, types and distributions E04xx, the guide E045x and E046x, "not yet" E048x and E049x; warnings W.
export * from "./errors/names.js";
export * from "./errors/plates.js";
export * from "./errors/series.js";
export * from "./errors/control.js";
export * from "./errors/types.js";
export * from "./errors/distributions.js";
export * from "./errors/guide.js";
export * from "./errors/not-yet.js";
