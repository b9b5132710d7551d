"""Random numbers, each under the name of what it is for.

A stream is keyed by (seed, name, block, layer), never by order; the layer of what is drawn by month or by year is the
calendar year. So a new assumption moves no other, more paths keep the first ones, a longer or a shifted horizon keeps
the numbers of its years, and two scenarios have common random numbers wherever they share a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray
from scipy.special import gammaincinv, ndtr, ndtri

from forecast.arrays import Floats, Floats32, Ints
from forecast.periods import SEASON_MONTHS
from forecast.plan.assumption import Assumption
from forecast.plan.yearly_changes import draw_in_year
from forecast.simulation.sampling.mark_scores import MarkScores
from forecast.simulation.sampling.yearly_draws import YearlyDraws, year_loadings
from forecast.stats.copula import CorrelatedGroup, clip_uniforms

__all__ = ["PATHS_PER_BLOCK", "Sampler", "SharedDraws"]

SharedDraws = dict[tuple[object, ...], NDArray[Any]]
"""Independent numbers by stream, kept for the samplers of other plans with the same seed and blocks."""

_FloatT = TypeVar("_FloatT", np.float32, np.float64)

PATHS_PER_BLOCK = 4096
"""Consecutive paths of a block: the unit of random numbers, of work and of memory. A constant of the format."""


@lru_cache(maxsize=8192)
def hash_name(name: str) -> np.uint64:
    """A name as one word of 64 bits."""
    return np.uint64(int.from_bytes(sha256(name.encode()).digest()[:8], "little"))


_LITTLE_ENDIAN: Mapping[Any, np.dtype[Any]] = {np.uint32: np.dtype("<u4"), np.uint64: np.dtype("<u8")}
"""Words as they lie in a hash, by the type that a generator asks for."""


class _HashedSeed(ISeedSequence):
    """The hash of a text as the state that a generator begins with; five times as fast as SeedSequence."""

    def __init__(self, text: str) -> None:
        self.text = text

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """The first words of the hash, which has 256 bits; SFC64 asks for 192."""
        return np.frombuffer(sha256(self.text.encode()).digest(), _LITTLE_ENDIAN[dtype], n_words)


def stream(seed: int, name: str, block: int, layer: int | str = 0) -> np.random.Generator:
    """The random numbers of one name in one block."""
    key = _HashedSeed(f"{seed} {block} {layer} {name}")
    return np.random.Generator(np.random.SFC64(key))  # type: ignore[arg-type]  # any ISeedSequence will do


def stream_name(name: str, is_resampled: bool) -> str:
    """Name of the stream of a name: another one, of which no plan knows, where it is resampled."""
    return f"{name} resampled" if is_resampled else name


def _lift_above_zero(u: Floats) -> Floats:
    """Lift uniform numbers, multiples of 2^-53, by a quarter of a step, so that none is 0."""
    u += 2.0**-55
    return u


def transform_score(assumption: Assumption, score: Floats) -> Floats:
    """(paths,) values of an assumption at normal scores (paths,)."""
    return assumption.distribution.transform_uniform(clip_uniforms(ndtr(score)))


class Sampler:
    """Random numbers of some consecutive blocks, drawn when they are first used and kept by name.

    Parameters
    ----------
    seed : int
        Of the run.
    blocks : range
        Numbers of the blocks, `PATHS_PER_BLOCK` paths each.
    groups : mapping of str to CorrelatedGroup
        By name of a draw, what is correlated with it.
    yearly : YearlyDraws, optional
        Of the yearly changes; without it every year has the draw of its name.
    shared : SharedDraws, optional
        Draws that samplers of the same seed and blocks share; by default none is kept.
    resampled : frozenset of str
        Names whose streams have other random numbers; all other names keep theirs.
    keeps_marks : bool
        Whether what is drawn in each event is kept path by path too.

    References
    ----------
    docs/model.md, section 7.
    """

    def __init__(
        self,
        seed: int,
        blocks: range,
        groups: Mapping[str, CorrelatedGroup],
        yearly: YearlyDraws | None = None,
        shared: SharedDraws | None = None,
        resampled: frozenset[str] = frozenset(),
        *,
        keeps_marks: bool = False,
    ) -> None:
        self.seed = seed
        self.blocks = blocks
        self.paths = len(blocks) * PATHS_PER_BLOCK
        self.groups = groups
        self.yearly = yearly or YearlyDraws({}, 1.0)
        self.shared = shared
        self.resampled = resampled
        self.marks = MarkScores(self.paths) if keeps_marks else None
        self.uniforms: dict[str, Floats] = {}
        """By name of the draw, (paths,)."""
        self._values: dict[tuple[str, object], Floats] = {}
        self._innovations: dict[tuple[str, int], Floats] = {}
        self._normals: dict[tuple[str, range], Floats32] = {}

    def __call__(self, assumption: Assumption) -> Floats:
        """Values of an assumption; one name, one draw.

        Parameters
        ----------
        assumption : Assumption
            Of the plan.

        Returns
        -------
        ndarray
            (paths,) in base units, or (1,) for a constant.
        """
        key = (assumption.stream_name, assumption.distribution)
        if key not in self._values:
            if assumption.is_constant:
                self._values[key] = np.array([assumption.value])
            else:
                self._values[key] = assumption.distribution.transform_uniform(self.uniform(assumption.stream_name))
        return self._values[key]

    def in_year(self, change: Assumption, year: int) -> Floats:
        """Values of a yearly change in one calendar year.

        Parameters
        ----------
        change : Assumption
            Growth, price change or change of a cost, of that year.
        year : int
            Calendar year.

        Returns
        -------
        ndarray
            (paths,), or (1,) for a constant.
        """
        if change.is_constant:
            return self(change)
        return change.distribution.transform_uniform(self.uniform_in_year(*draw_in_year(change, year)))

    def uniform_in_year(self, name: str, year: int) -> Floats:
        """One uniform number a path and year; the normal scores of two years have the correlation of `yearly`.

        Parameters
        ----------
        name : str
            Of the draw.
        year : int
            Calendar year.

        Returns
        -------
        ndarray
            (paths,) above 0 and below 1; in the first year that of `uniform`.
        """
        key = self.yearly_name(name, year)
        if key == name:
            return self.uniform(name)
        first = self.yearly.first_years.get(name, year)
        loadings = year_loadings(year - first, self.yearly.correlation)
        if key not in self.uniforms:
            scores = np.zeros(self.paths)
            for drawn_year, loading in enumerate(loadings, first):
                if loading:
                    scores += loading * ndtri(self._innovation(name, drawn_year, first))
            self.uniforms[key] = clip_uniforms(ndtr(scores))
        return self.uniforms[key]

    def resample(self, names: Iterable[str], index: Ints) -> None:
        """Let every path have the uniform numbers of another one.

        Parameters
        ----------
        names : iterable of str
            Of the draws, by their names in `uniforms`.
        index : ndarray
            (paths,) number of the other path.
        """
        for name in names:
            self._replace(name, self.uniform(name)[index])

    def put_uniform(self, name: str, year: int, uniforms: Floats) -> None:
        """Put the uniform numbers of a yearly change (paths,) in place of those that were drawn."""
        self._replace(self.yearly_name(name, year), clip_uniforms(uniforms))

    def yearly_name(self, name: str, year: int) -> str:
        """Name in `uniforms` of a yearly change in one calendar year."""
        first = self.yearly.first_years.get(name, year)
        return f"{name}.{year}" if any(year_loadings(year - first, self.yearly.correlation)[1:]) else name

    def _replace(self, name: str, uniforms: Floats) -> None:
        self.uniforms[name] = uniforms
        self._values = {key: values for key, values in self._values.items() if key[0] != name}

    def _innovation(self, name: str, year: int, first: int) -> Floats:
        """(paths,) uniforms of one year that no other year has, correlated with those of the group in that year."""
        if year == first:
            return self.uniform(name)
        if (name, year) not in self._innovations:
            group = self.groups.get(name)
            drawn = (
                {name: self._independent_uniform(name, year)}
                if group is None
                else group.uniforms(
                    lambda member: self._independent_uniform(member, year),
                    lambda stream_name, df: self._chi_square(stream_name, df, year),
                )
            )
            self._innovations.update({(member, year): u for member, u in drawn.items()})
        return self._innovations[name, year]

    def uniform(self, name: str) -> Floats:
        """One uniform number a path, correlated where the plan says so.

        Parameters
        ----------
        name : str
            Of the draw.

        Returns
        -------
        ndarray
            (paths,) above 0 and below 1.
        """
        if name not in self.uniforms:
            if name in self.groups:
                self.uniforms.update(self.groups[name].uniforms(self._independent_uniform, self._chi_square))
            else:
                self.uniforms[name] = self._independent_uniform(name)
        return self.uniforms[name]

    def _independent_uniform(self, name: str, layer: int = 0) -> Floats:
        return self._draw_once(
            ("uniform", self._stream_name(name), layer),
            lambda: _lift_above_zero(self.sample_by_block(name, layer, lambda numbers, out: numbers.random(out=out))),
        )

    def _stream_name(self, name: str) -> str:
        root = name.partition(".")[0]
        return stream_name(name, name in self.resampled or (root == "climate" and root in self.resampled))

    def _draw_once(self, key: tuple[object, ...], draw: Callable[[], NDArray[_FloatT]]) -> NDArray[_FloatT]:
        """The numbers of a stream, which nobody may write into where they are shared."""
        if self.shared is None:
            return draw()
        if key not in self.shared:
            self.shared[key] = draw()
        return self.shared[key]

    def _chi_square(self, name: str, df: float, layer: int = 1) -> Floats:
        return self.sample_by_block(
            name, layer, lambda generator, out: np.copyto(out, generator.chisquare(df, PATHS_PER_BLOCK))
        )

    def sample_by_block(
        self, name: str, layer: int | str, draw: Callable[[np.random.Generator, Floats], object]
    ) -> Floats:
        """Numbers drawn block after block, each block from its own stream.

        Parameters
        ----------
        name : str
            Of the stream.
        layer : int or str
            Of the name, where it has several streams.
        draw : callable
            Called with the generator of a block and its (PATHS_PER_BLOCK,) values to fill.

        Returns
        -------
        ndarray
            (paths,).
        """
        values = np.empty(self.paths)
        key = self._stream_name(name)
        for block, values_of_block in zip(self.blocks, values.reshape(-1, PATHS_PER_BLOCK), strict=True):
            draw(stream(self.seed, key, block, layer), values_of_block)
        return values

    def happens(self, name: str, chance: Floats) -> NDArray[np.bool_]:
        """Outcomes that happen or not.

        Parameters
        ----------
        name : str
            Of what may happen; its uniform number is `NAME.happens`.
        chance : ndarray
            (paths,) or (1,) probability, 0 to 1.

        Returns
        -------
        ndarray
            (paths,) whether it happens.
        """
        return self.uniform(f"{name}.happens") < chance

    def normals(self, name: str, years: range) -> Floats32:
        """Standard normals of a service's months, correlated where the plan or its history says so.

        Parameters
        ----------
        name : str
            Of the stream.
        years : range
            Calendar years; the numbers of a year are the same whatever the years beside it.

        Returns
        -------
        ndarray
            (12 x years, paths); it is the caller's, to write into.
        """
        group, key = self.groups.get(name), (name, years)
        if group is None:
            return self._independent_normals(name, years)
        if key not in self._normals:  # members are drawn together, and each is kept until it is asked for
            by_member = group.normals(
                lambda member: self._independent_normals(member, years),
                lambda stream_name, df: self._monthly_chi_squares(stream_name, df, years),
            )
            self._normals.update({(member, years): z for member, z in by_member.items()})
        return self._normals.pop(key)

    def _independent_normals(self, name: str, years: range) -> Floats32:
        """(12 x years, paths) standard normals of 32 bits, which are the caller's to write into."""
        key = self._stream_name(name)
        z = self._draw_once(("normals", key, years), lambda: self._draw_normals(key, years))
        return z if self.shared is None else z.copy()

    def _draw_normals(self, key: str, years: range) -> Floats32:
        """(12 x years, paths) standard normals of 32 bits, twelve rows of a block's year from one stream."""
        z = np.empty((len(years), SEASON_MONTHS, len(self.blocks), PATHS_PER_BLOCK), np.float32)
        for months_of_year, year in zip(z, years, strict=True):
            for column, block in enumerate(self.blocks):
                generator = stream(self.seed, key, block, year)
                for month in months_of_year:
                    generator.standard_normal(dtype=np.float32, out=month[column])
        return z.reshape(-1, self.paths)

    def _monthly_chi_squares(self, name: str, df: float, years: range) -> Floats:
        """(12 x years, paths) chi-squares, twelve rows of a block's year from one stream."""
        shape, key = (SEASON_MONTHS, PATHS_PER_BLOCK), self._stream_name(name)
        by_year = [
            np.concatenate([stream(self.seed, key, block, year).chisquare(df, shape) for block in self.blocks], axis=1)
            for year in years
        ]
        return np.concatenate(by_year)

    def gammas(self, name: str, shape: float, years: range) -> Floats:
        """Gamma factors of mean 1, one a year; by quantile where `NAME.YEAR` is correlated.

        Parameters
        ----------
        name : str
            Of the draw.
        shape : float
            Of the gamma distribution.
        years : range
            Calendar years.

        Returns
        -------
        ndarray
            (years, paths).
        """
        return np.array([self._gamma(name, shape, year) for year in years]) / shape

    def _gamma(self, name: str, shape: float, year: int) -> Floats:
        if f"{name}.{year}" in self.groups:
            return np.asarray(gammaincinv(shape, self.uniform(f"{name}.{year}")))
        return self.sample_by_block(name, year, lambda generator, out: generator.standard_gamma(shape, out=out))
