"""Descriptions of the keys of the language."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict

from forecast.plan.descriptions import describe_fields
from forecast.plan.shocks import Flood, Shock, Storm


class DescribedBase(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)

    first: int = 0
    """A key of the base,
    on two lines."""
    second: int = 0


class Described(DescribedBase):
    first: int = 1
    third: int = 0
    """A key of the record."""

    def method(self) -> None:
        """No field."""


def test_a_field_has_the_docstring_below_it_as_pydantic_reads_it() -> None:
    assert describe_fields(Described) == {"first": "A key of the base,\non two lines.", "third": "A key of the record."}
    assert describe_fields(DescribedBase) == {
        name: field.description for name, field in DescribedBase.model_fields.items() if field.description
    }


@pytest.mark.parametrize("record", [Flood, Storm])
def test_a_shock_has_the_descriptions_of_every_shock(record: type[BaseModel]) -> None:
    assert 0 < len(describe_fields(Shock)) < len(describe_fields(record))
    assert describe_fields(Shock).items() <= describe_fields(record).items()
