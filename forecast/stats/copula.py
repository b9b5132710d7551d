"""Numbers that move together: groups of names with a rank correlation, their margins unchanged.

What happens when its uniform number is small (`NAME.happens`) counts the other way round, so that a positive rank means
that it happens where the others are high.

A rank correlation (Spearman) is carried to the normals behind a Gaussian copula by r = 2 sin(pi rank / 6); for a t
copula it is the root of `spearman_of_t`. One correlation between several names, when it is not negative, is a common
factor: a new member touches no other. Anything else is a Cholesky factor over the names in order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr

from forecast.arrays import Floats, Floats32
from forecast.stats.cholesky import cholesky

UniformSource = Callable[[str], Floats]
ChiSquareSource = Callable[[str, float], Floats]
HAPPENS_SUFFIX = ".happens"
"""End of the names of what happens or does not."""
_FloatT = TypeVar("_FloatT", np.float32, np.float64)


def pearson_from_spearman(rank: float, freedom: float | None = None) -> float:
    """Correlation of the normals (or of the t) behind a rank correlation (Hult and Lindskog 2002)."""
    if rank in (-1.0, 0.0, 1.0):
        return float(rank)
    if freedom is None:
        return 2 * math.sin(math.pi * rank / 6)
    from scipy.optimize import brentq  # slow to load, and rarely needed

    return float(brentq(lambda r: t_copula_spearman(r, freedom) - rank, -1, 1))


def t_copula_spearman(r: float, freedom: float) -> float:
    """Spearman's rank correlation of a bivariate t: (6/pi) E asin(r W / sqrt((W + W')(W + W''))).

    W, W', W'' are independent df / chi-square(df); each is taken at 40 even quantiles.
    """
    from scipy.special import gammaincinv

    w = freedom / (2 * gammaincinv(freedom / 2, (np.arange(40) + 0.5) / 40))
    one, two, three = w[:, None, None], w[None, :, None], w[None, None, :]
    return float(6 / math.pi * np.mean(np.arcsin(r * one / np.sqrt((one + two) * (one + three)))))


@dataclass(frozen=True)
class CorrelatedGroup:
    """Names that are correlated, directly or through one another."""

    names: tuple[str, ...]
    """In order."""
    factor: tuple[tuple[float, ...], ...]
    """Lower triangular rows of the Cholesky factor; empty with a common factor."""
    common: str = ""
    """Name of the stream of the common factor."""
    loading: float = 0.0
    """Weight of the common factor in each member."""
    df: float | None = None
    """Degrees of freedom of a t copula; none for a Gaussian one."""

    @classmethod
    def from_correlation(cls, names: tuple[str, ...], matrix: Floats, freedom: float | None = None) -> CorrelatedGroup:
        """The group of a correlation matrix (names, names); ValueError when it is not positive semidefinite."""
        factor = cholesky(matrix, strict=True)
        return cls(names, tuple(tuple(row) for row in factor.tolist()), df=freedom)

    def _correlate(
        self, own: Mapping[str, NDArray[_FloatT]], common: NDArray[_FloatT] | None
    ) -> dict[str, NDArray[_FloatT]]:
        if common is not None:
            rest, shared = math.sqrt(1 - self.loading**2), self.loading * common
            return {name: shared + rest * own[name] for name in self.names}
        mixed = {}
        for row, name in enumerate(self.names):
            total = self.factor[row][0] * own[self.names[0]]
            for column in range(1, row + 1):
                if self.factor[row][column] != 0:
                    total = total + self.factor[row][column] * own[self.names[column]]
            mixed[name] = total
        return mixed

    def _t_scale(self, chi_square: ChiSquareSource, month: str = "") -> Floats:
        """(paths,) what makes normals a t: the root of freedom / chi-square, the same for every member."""
        assert self.df is not None
        return np.sqrt(self.df / chi_square(f"copula.{self.common or self.names[0]}{month}", self.df))

    def _t_uniforms(self, z: Floats | Floats32, scale: Floats) -> Floats:
        """The uniforms of a t made of normals (..., paths) and the scale of each."""
        assert self.df is not None
        return np.clip(stdtr(self.df, z * scale), 2.0**-54, 1 - 2.0**-53)

    def uniforms(self, own_uniform: UniformSource, chi_square: ChiSquareSource) -> dict[str, Floats]:
        """Correlated uniforms (paths,) of every member, from the uniforms of their own streams."""
        own = {name: ndtri(own_uniform(name)) for name in self.names}
        mixed = self._correlate(own, ndtri(own_uniform(self.common)) if self.common else None)
        if self.df is not None:
            scale = self._t_scale(chi_square)
            return {name: self._t_uniforms(z, scale) for name, z in mixed.items()}
        return {name: np.clip(ndtr(z), 2.0**-54, 1 - 2.0**-53) for name, z in mixed.items()}

    def normals(self, own_normals: Callable[[str], Floats32], chi_square: ChiSquareSource) -> dict[str, Floats32]:
        """Correlated standard normals (months, paths) of every member, from those of their own streams.

        Under a t copula each month has its own chi-square: with one for all, the months of one service would depend on
        each other, and its years would have longer tails than without the correlation.
        """
        mixed = self._correlate(
            {name: own_normals(name) for name in self.names}, own_normals(self.common) if self.common else None
        )
        if self.df is not None:
            months = len(mixed[self.names[0]])
            scale = np.array([self._t_scale(chi_square, f".{month}") for month in range(months)])
            return {name: ndtri(self._t_uniforms(z, scale)).astype(np.float32) for name, z in mixed.items()}
        return mixed


def connected_components(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """The groups of names that hang together, each in order, in order of their first names."""
    groups: list[set[str]] = []
    for a, b in pairs:
        touched = [group for group in groups if a in group or b in group]
        groups = [group for group in groups if group not in touched] + [{a, b}.union(*touched)]
    return sorted(tuple(sorted(group)) for group in groups)


def build_correlated_groups(
    entries: Mapping[str, tuple[tuple[str, ...], float]], freedom: float | None = None
) -> dict[str, CorrelatedGroup]:
    """Name -> its group, from correlations {name: (members, rank)}; ValueError when one is impossible."""
    pairs = {
        (a, b): (name, rank if a.endswith(HAPPENS_SUFFIX) == b.endswith(HAPPENS_SUFFIX) else -rank)
        for name, (members, rank) in sorted(entries.items())
        for i, a in enumerate(sorted(members))
        for b in sorted(members)[i + 1 :]
    }
    found: dict[str, CorrelatedGroup] = {}
    for names in connected_components(pairs):
        inside = {pair: said for pair, said in pairs.items() if pair[0] in names}
        group = _build_group(names, inside, freedom)
        found.update(dict.fromkeys(names, group))
    return found


def _build_group(
    names: tuple[str, ...], pairs: Mapping[tuple[str, str], tuple[str, float]], freedom: float | None
) -> CorrelatedGroup:
    sources = {name for name, _ in pairs.values()}
    source, rank = next(iter(pairs.values()))
    r = pearson_from_spearman(rank, freedom)
    if len(sources) == 1 and 0 <= rank < 1 and all(other == rank for _, other in pairs.values()):
        return CorrelatedGroup(names, (), f"correlations.{source}", math.sqrt(r), freedom)
    matrix = np.eye(len(names))
    for (a, b), (_, rank) in pairs.items():
        i, j = names.index(a), names.index(b)
        matrix[i, j] = matrix[j, i] = pearson_from_spearman(rank, freedom)
    return CorrelatedGroup.from_correlation(names, matrix, freedom)
