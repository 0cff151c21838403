// `npm run verify`: sets everything up and runs every check there is: types, lint, format, tests.
import { npm, setUp } from "./setup.mjs";

setUp().then(function () {
  npm(["run", "check"]);
});
