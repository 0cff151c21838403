// A model of any number of lines, as large ones are written: a hierarchy of plates, many covariates, locals and
// observations, with comments.

/** A correct model of about `lines` lines. */
export function largeModel(lines) {
  const count = Math.max(1, Math.floor((lines - 22) / 6));
  const each = (text) => Array.from({ length: count }, (_, i) => text.replaceAll("#", i + 1));
  return [
    "// A generated model of many outcomes of pupils in schools.",
    "data {",
    "  plate schools;",
    "  plate pupils in schools;",
    ...each("  real x_#[pupils];       // a covariate\n  real y_#[pupils];       // an outcome"),
    "}",
    "model {",
    "  mean_all ~ normal(0, 5);",
    "  log_spread ~ normal(0, 1);",
    "  slope ~ normal(0, 1);",
    "  plate schools {",
    "    mean_school ~ normal(mean_all, exp(log_spread));",
    ...each("    effect_# ~ normal(mean_school, exp(log_spread)); // how this school does"),
    "    plate pupils {",
    ...each(
      "      real eta_# = effect_# + slope * x_#;\n      y_# ~ normal(eta_#, exp(log_spread)); /* the\n         outcome */",
    ),
    "    }",
    "  }",
    "}",
    "generated {",
    "  real spread = exp(log_spread);",
    "}",
    "",
  ].join("\n");
}
