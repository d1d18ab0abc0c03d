// Judges each line of its input, [schema, document], with ajv at its strictest.
// One line of output for each: what it refuses, as [keyword, place].
// Arguments: the folder of the schemas, npm's node_modules, our annotations, then the schemas' names.
const fs = require("fs");
const path = require("path");
const readline = require("readline");

const [folder, modules, annotations, ...names] = process.argv.slice(2);
const Ajv = require(path.join(modules, "ajv", "dist", "2020")).default;
const formats = require(path.join(modules, "ajv-formats"));

const strict = { strict: true, strictTypes: true, strictTuples: true, strictRequired: true };
const ajv = formats(new Ajv({ ...strict, allErrors: true }));
ajv.addVocabulary(annotations.split(","));
const read = (name) => JSON.parse(fs.readFileSync(path.join(folder, `${name}.schema.json`), "utf8"));
const judges = Object.fromEntries(names.map((name) => [name, ajv.compile(read(name))]));

readline.createInterface({ input: process.stdin, crlfDelay: Infinity }).on("line", (line) => {
  const [name, document] = JSON.parse(line);
  const refused = judges[name](document) ? [] : judges[name].errors;
  console.log(JSON.stringify(refused.map((one) => [one.keyword, one.instancePath])));
});
