// `npm run radon`: sets everything up and fits the radon example. Arguments after `--` are handed to `mppc run`.
import { mppc, setUp } from "./setup.mjs";

const example = "examples/radon/";
setUp().then(function () {
  const args = ["run", example + "radon.mpp", "--data", example + "data.json", "-K", "20"];
  mppc(args.concat(process.argv.slice(2)));
});
