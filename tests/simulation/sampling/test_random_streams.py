"""Streams of random numbers: names as words, chances, correlated groups kept together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, gamma, kstest

from forecast.periods import Calendar
from forecast.plan.weights import Weights
from forecast.simulation.sampling.events import sample_events
from forecast.simulation.sampling.random_streams import PATHS_PER_BLOCK, Sampler, hash_name
from forecast.stats.copula import build_correlated_groups

YEAR = Calendar(12 * 2021, 12)


def test_a_name_is_a_word_of_64_bits_of_its_hash() -> None:
    """Figures of stored runs are drawn under these words: another word would move them all."""
    assert hash_name("services.a") == 0xAE3F2D1848169692
    assert hash_name("services.a") != hash_name("services.b")


def test_what_happens_has_its_chance_and_more_of_it_keeps_what_happens() -> None:
    sampler = Sampler(3, range(4), {})
    rarely, often = (sampler.happens("shocks.x", np.array([chance])) for chance in (0.2, 0.5))
    assert abs(rarely.mean() - 0.2) < 4 * np.sqrt(0.16 / len(rarely))
    assert np.all(often[rarely])
    assert not sampler.happens("shocks.x", np.zeros(1)).any()
    assert sampler.happens("shocks.x", np.ones(1)).all()


def test_gamma_factors_of_a_year_have_mean_one_alone_and_in_a_group() -> None:
    names = ("climate.2021", "services.a.growth")
    for groups in ({}, build_correlated_groups({"c": (names, 0.5)})):
        factors = Sampler(3, range(5), groups).gammas("climate", 2.3, range(2021, 2023))
        assert factors.shape == (2, 5 * PATHS_PER_BLOCK)
        for factors_of_year in factors:
            assert kstest(factors_of_year, gamma(2.3, scale=1 / 2.3).cdf).pvalue > 1e-3
        assert abs(np.corrcoef(factors)[0, 1]) < 4 / np.sqrt(factors.shape[1])


def test_members_of_a_group_are_drawn_together_and_each_is_given_once() -> None:
    groups = build_correlated_groups({"c": (("services.a", "services.b"), 0.7)}, 4.0)
    sampler = Sampler(3, range(2), groups)
    first, second = (sampler.normals(name, YEAR.years) for name in ("services.a", "services.b"))
    again = Sampler(3, range(2), groups)
    assert np.array_equal(again.normals("services.b", YEAR.years), second)
    assert np.array_equal(again.normals("services.a", YEAR.years), first)
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] == pytest.approx(0.7, abs=0.05)
    scale = Sampler(3, range(2), groups)._monthly_chi_squares("copula", 4.0, range(2021, 2023))
    assert scale.shape == (24, 2 * PATHS_PER_BLOCK)
    assert kstest(scale.ravel(), chi2(4).cdf).pvalue > 1e-3


@pytest.mark.parametrize("rate", [0.5, 15.0, 40.0])
def test_the_events_of_a_year_are_poisson_in_any_number_of_layers(rate: float) -> None:
    sampler = Sampler(3, range(2), {})
    events = sample_events(sampler, "shocks.w", np.array([[rate]]), None, YEAR, YEAR.edges[0])
    counts = np.bincount(events.path, minlength=sampler.paths)
    assert abs(counts.mean() - rate) < 4.5 * np.sqrt(rate / sampler.paths)
    assert counts.var() == pytest.approx(rate, rel=0.08)
    words = events.event_id.astype(np.uint64)
    assert len(np.unique(words[0] << np.uint64(32) | words[1])) == len(events)
    assert kstest((events.start - YEAR.edges[0]) / 365, "uniform").pvalue > 1e-3
    assert kstest(events.uniform("depth"), "uniform").pvalue > 1e-3


def test_events_fall_evenly_in_the_months_of_their_season_by_weight() -> None:
    season = Weights("season", "", (0, 0, 3, 0, 0, 1, 0, 0, 0, 0, 0, 2))
    sampler = Sampler(3, range(3), {})
    events = sample_events(sampler, "shocks.w", np.array([[2.0]]), season, YEAR, YEAR.edges[0])
    month = np.searchsorted(YEAR.edges, events.start, side="right") - 1
    assert set(month) == {2, 5, 11}
    for row, share in ((2, 1 / 2), (5, 1 / 6), (11, 1 / 3)):
        assert abs(np.mean(month == row) - share) < 4.5 * np.sqrt(share * (1 - share) / len(events))
        inside = (events.start[month == row] - YEAR.edges[row]) / YEAR.days[row]
        assert kstest(inside, "uniform").pvalue > 1e-3


def test_the_rate_of_each_year_is_its_own_and_no_event_lies_outside() -> None:
    calendar = Calendar(12 * 2021 + 3, 24)
    sampler = Sampler(3, range(2), {})
    rates = np.array([[1.0], [4.0], [2.0]])
    events = sample_events(sampler, "shocks.w", rates, None, calendar, calendar.edges[0] + 10)
    assert events.start.min() >= calendar.edges[0] + 10
    assert events.start.max() < calendar.edges[-1]
    in_2022 = (events.start >= calendar.edges[9]) & (events.start < calendar.edges[21])
    assert abs(in_2022.sum() / sampler.paths - 4) < 4.5 * np.sqrt(4 / sampler.paths)
    in_2023 = events.start >= calendar.edges[21]
    assert abs(in_2023.sum() / sampler.paths - 2 * 90 / 365) < 4.5 * np.sqrt(0.5 / sampler.paths)
