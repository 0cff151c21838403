// `npm run verify`: sets everything up and runs every check there is: types, lint, format, tests.
import { npm, setUp } from "./setup.mjs";

function say(line) {
  process.stderr.write(line + "\n");
}

setUp()
  .then(function () {
    return import("./browser.mjs");
  })
  .then(function (browser) {
    return browser.installBrowser(say).catch(function (problem) {
      say("Chromium could not be installed: " + problem.message + ". Going on without it.");
    });
  })
  .then(function () {
    return import("./readers.mjs");
  })
  .then(function (readers) {
    return readers.installReaders(say).catch(function (problem) {
      say("Readers of Zarr could not be installed: " + problem.message + ". Going on without them.");
    });
  })
  .then(function () {
    npm(["run", "check"]);
  });
