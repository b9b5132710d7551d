"""Parts of a plan that do not fit together are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.plan_texts import SMALL_PLAN, problems_in

WORKFORCE = "workforce: {headcount: {implied_by: targets.p}, productivity: {basis: wage_revenue}}\n"


INCONSISTENT = [
    ("targets: {t: {measure: revenue, period: 2021}}\n", "needs one of 'at_least' and 'at_most'; write exactly one"),
    (
        "targets: {t: {measure: revenue, period: 2021, at_least: 5 tỷ, at_most: 6 tỷ}}\n",
        "needs one of 'at_least' and 'at_most'; write exactly one",
    ),
    ("targets: {t: {measure: revenue, period: 2022, at_least: 5 tỷ}}\n", "'2022' is not inside the plan's months"),
    ("targets: {t: {measure: revenue, period: 2021, at_least: 5%}}\n", "'5%' does not measure revenue"),
    ("targets: {t: {measure: volume, period: 2021, at_least: 5 tỷ đồng}}\n", "'5 tỷ đồng' is no number of pieces"),
    (
        "  mail: {unit: kg, baseline: {method: given, annual: 5000}}\n"
        "  parcels: {unit: {en: parcels, vi: bưu gửi}, baseline: {method: given, annual: 5000}}\n"
        "targets: {t: {measure: volume, period: 2021, at_least: 5}}\n",
        "the services count unlike units, which have no sum; write 'volume.mail'",
    ),
    ("targets: {t: {measure: revenu, period: 2021, at_least: 5 tỷ}}\n", "did you mean 'revenue'?"),
    ("targets: {t: {measure: revenue.postl, period: 2021, at_least: 5 tỷ}}\n", "did you mean 'postal'?"),
    ("targets: {t: {measure: headcount, period: 2021, at_least: 5 people}}\n", "headcount needs people"),
    ("targets: {t: {measure: revenue, period: 2021, at_least: 5 tỷ, required_chance: 50% to 60%}}\n",
     "is not one sure quantity"),
    ("targets: {t: {measure: revenue, period: 2021, at_least: 5 tỷ, place: '4'}}\n", "a target of one place needs"),
    ("costs: {rent: {per_month: 1 tỷ}}\ntargets: {t: {measure: cost.rnt, period: 2021, at_most: 5 tỷ}}\n", "'rent'?"),
    ("targets: {p: {measure: productivity, period: 2021, at_least: 1 triệu/người/năm}}\n" + WORKFORCE,
     "the people implied by the plan need a revenue target for 2021 too"),
    (WORKFORCE, "wage_revenue needs the wage share of every service; write it for: postal"),
    ("  new: {}\n", "'new' has no history to be fitted to"),
    ("  new: {baseline: {method: given}}\n", "the method is given, but not the year"),
    ("history: {shocks: {}}\n", "history.file: is missing"),
    ("stated: {2020: {total: 9 tỷ, services: {postal: 8 tỷ}}}\n",
     "is 1 tỷ (11.1%) above the sum of its services, more than 1%"),
    ("stated: {2020: {total: 8 tỷ, services: {postal: 10 tỷ}}}\n",
     "is 2 tỷ (25.0%) below the sum of its services, more than 1%"),
    ("stated: {2020: {total: 9 tỷ, services: {postl: 8 tỷ}}}\n", "there is no service 'postl'"),
    ("initiatives: {a: {start: 2021-01, needs: [a], effect: {}}}\n", "'a' names itself"),
    ("initiatives: {a: {start: 2021-01, needs: [b], effect: {}}, b: {start: 2021-01, needs: [a], effect: {}}}\n",
     "needs go in a circle: a -> b -> a"),
    ("initiatives: {a: {start: 2021-01, excludes: [b], effect: {}}, b: {start: 2021-01, effect: {}}}\n",
     "'a' and 'b' exclude each other, and both are active"),
    ("initiatives: {a: {start: 2021-01, takes_from: {mail: 5%}, effect: {}}}\n", "there is no service 'mail'"),
    ("workforce: {headcount: 5 people, keep_jobs: true}\n"
     "initiatives: {a: {start: 2021-01, effect: {headcount: -2% to 1%}}}\n", "may cut jobs, which the plan keeps"),
    ("initiatives: {a: {start: 2021-01, effect: {headcount: 1%}}}\n", "a change of headcount needs 'workforce:'"),
    ("initiatives: {a: {start: 2021-01, active: yes, effect: {}}}\n", "'yes' is neither true nor false"),
    ("shocks: {e: {kind: event, from: 2021-03-02, until: 2021-03-01, effect: {}}}\n", "can lie before its start"),
    ("shocks: {e: {kind: evnt, from: 2021-03-02, until: 2021-03-01, effect: {}}}\n", "did you mean 'event'?"),
    ("decisions: {d: {action: x, owner: y, by: 2021-02-01, about: services.postl}}\n", "mean 'services.postal'?"),
    ("correlations: {k: {between: [services.postal, services.postal], rank: 0.3}}\n", "is named twice"),
    ("correlations: {k: {between: [services.postal, services.postl], rank: 0.3}}\n", "did you mean 'services.postal'?"),
    ("correlations: {k: {between: [services.postal], rank: 1.3}}\n", "'1.3' is not a rank correlation"),
    ("    growth: {value: 5%, grade: A}\n", "grade A needs a source"),
    ("    growth: {value: 5%, grade: D}\n", "there is no grade 'D'"),
    ("    growth: {value: 5%, known: soon}\n", "'soon' does not say when it was known"),
    ("    growth: {value: 5%, sorce: x}\n", "unknown key 'sorce'"),
    ("    growth: [1%, 2%]\n", "is not one number"),
    ("climate: {shape: 0}\n", "'0' is not above 0"),
    ("copula: t\n", "'t' is not a copula"),
    ("file: x\n", "file: unknown key"),
]  # fmt: skip


@pytest.mark.parametrize(("added", "sentence"), INCONSISTENT)
def test_inconsistent_entries_are_rejected(tmp_path: Path, added: str, sentence: str) -> None:
    problems = problems_in(SMALL_PLAN + added, tmp_path)
    assert any(sentence in line for line in problems), problems
    assert all(line.startswith("a.yaml:") for line in problems)
