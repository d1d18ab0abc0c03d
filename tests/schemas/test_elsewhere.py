"""Other readers accept the schemas too: ajv at its strictest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.schemas.reading import ANNOTATIONS, FOLDER, documents, inputs, load, outputs
from tests.schemas.test_accepting import ACME

MODULES = os.environ.get("FLEETWARD_NODE_MODULES", "")
NODE = shutil.which("node")
HAVE = bool(NODE and MODULES and (Path(MODULES) / "ajv").is_dir())

PROGRAM = """
const fs = require("fs");
const { folder, names, words, modules, documents } = JSON.parse(fs.readFileSync(0, "utf8"));
const Ajv = require(modules + "/ajv/dist/2020").default;
const strict = { strict: true, strictTypes: true, strictTuples: true, strictRequired: true };
const ajv = new Ajv({ ...strict, allErrors: true });
ajv.addVocabulary(words);
ajv.addFormat("date", /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/);
const wrong = [];
const compiled = {};
for (const name of names) {
  try { compiled[name] = ajv.compile(JSON.parse(fs.readFileSync(`${folder}/${name}.schema.json`, "utf8"))); }
  catch (error) { wrong.push(`${name}: ${error.message}`); }
}
for (const [name, data] of documents) {
  const accepts = compiled[name];
  if (accepts && !accepts(data)) wrong.push(`${name}: ${ajv.errorsText(accepts.errors)}`);
}
console.log(JSON.stringify({ wrong, compiled: Object.keys(compiled).length }));
"""


@pytest.mark.skipif(not HAVE, reason="needs node, and ajv in FLEETWARD_NODE_MODULES")
def test_ajv_in_strict_mode_accepts_every_schema_and_the_sample_fleet() -> None:
    question = {
        "folder": str(FOLDER),
        "names": [*inputs(), *outputs()],
        "words": ANNOTATIONS,
        "modules": MODULES,
        "documents": [(kind, load(file.read_text())) for kind, file in documents(ACME)],
    }

    answer = subprocess.run(
        [str(NODE), "-e", PROGRAM], input=json.dumps(question), capture_output=True, text=True, check=True
    )

    assert json.loads(answer.stdout) == {"wrong": [], "compiled": len(question["names"])}
