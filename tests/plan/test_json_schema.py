"""The JSON Schema of plans."""

from __future__ import annotations

import json

from tests.support.plans import ROOT


def test_the_schema_accepts_shipped_plans_and_rejects_unknown_keys() -> None:
    import jsonschema
    from ruamel.yaml import YAML

    schema = json.loads((ROOT / "scenarios" / "plan.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    plans = [*ROOT.glob("scenarios/*.yaml"), *ROOT.glob("forecast/starter/*/*.yaml")]
    for plan in plans:
        written = YAML(typ="safe", pure=True).load(plan)
        content = json.loads(json.dumps(written, default=str))  # keys of a season are texts, days too
        assert [error.message for error in validator.iter_errors(content)] == [], plan
    assert len(plans) > 5
    assert list(validator.iter_errors({"shokcs": {}}))
