// Films to rate: a catalogue of features, like genres.
import { times } from "../random.mjs";

export const FEATURES = 18;
/** Films to choose from. */
const CATALOGUE = 400;

/** A film's features, like genres: one to four of them are 1, the first ones more often than the last. */
function film(uniform) {
  const wanted = 1 + Math.floor(4 * uniform() ** 2);
  const features = times(FEATURES, () => 0);
  for (let found = 0; found < wanted;) {
    const feature = Math.floor(FEATURES * uniform() ** 1.5);
    if (features[feature] === 1) continue;
    features[feature] = 1;
    found++;
  }
  return features;
}

/** The features of every film. */
export const catalogueOf = (uniform) => times(CATALOGUE, () => film(uniform));
