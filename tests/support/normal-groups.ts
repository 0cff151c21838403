// The small model of many tests: normal means of groups, each with some observations. Its posterior is normal.

/** `noise`: the standard deviation of an observation. */
export const normalGroups = (
  noise: number,
): string => `data { plate groups; plate items; real y[groups, items]; }
model {
  m ~ normal(0, 2);
  plate groups {
    theta ~ normal(m, 1);
    plate items { y ~ normal(theta, ${noise}); }
  }
}
`;
