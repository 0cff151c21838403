// Times cases in configurations, in turns, so that what disturbs the machine disturbs all of them.
import { Worker } from "./configuration.mjs";

/** Nearest rank. */
export const quantile = (values, share) => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
};

/** Turns that each configuration has. */
const TURNS = 4;

/**
 * What a case takes in each of some configurations, in their order: { median, lower, upper } seconds of an iteration,
 * what was planned, memory; or { error }. `seconds` are those of each configuration; `cold`: the first iteration without
 * the driver's cache, too.
 */
export async function measureCase(each, configurations, { seconds, mostSeconds, patience, cold }) {
  const runs = [];
  for (const configuration of configurations) {
    const run = { configuration, iterations: [] };
    runs.push(run);
    try {
      if (cold) run.coldSeconds = await coldFirst(configuration, each, { mostSeconds, patience });
      run.worker = new Worker(configuration, each, { mostSeconds, patience });
      run.plan = await run.worker.plan();
    } catch (problem) {
      fail(run, problem);
    }
  }
  for (let turn = 0; turn < TURNS; turn++)
    for (const run of runs) {
      const spent = run.iterations.reduce((sum, s) => sum + s, 0);
      if (run.error !== undefined || spent > seconds) continue;
      try {
        run.iterations.push(...(await run.worker.step(seconds / TURNS)));
      } catch (problem) {
        fail(run, problem);
      }
    }
  for (const run of runs) {
    if (run.error !== undefined) continue;
    try {
      run.memory = await run.worker.stop();
    } catch (problem) {
      fail(run, problem);
    }
  }
  return runs.map(({ configuration, error, predictedSeconds, plan, memory, iterations, coldSeconds }) => ({
    configuration: configuration.name,
    ...(error === undefined
      ? {
          ...plan,
          ...memory,
          ...(coldSeconds === undefined ? {} : { coldSeconds }),
          median: quantile(iterations, 0.5),
          lower: quantile(iterations, 0.25),
          upper: quantile(iterations, 0.75),
          least: Math.min(...iterations),
          iterations: iterations.length,
        }
      : { error, ...(predictedSeconds === undefined ? {} : { predictedSeconds }) }),
  }));
}

function fail(run, problem) {
  run.error = problem.message;
  run.predictedSeconds = problem.predictedSeconds;
  run.worker?.kill();
}

async function coldFirst(configuration, each, limits) {
  const worker = new Worker(configuration, each, { ...limits, cold: true });
  const { firstSeconds } = await worker.plan();
  await worker.stop();
  return firstSeconds;
}
