"""Copulas: groups of names with a rank correlation, their margins unchanged.

An event that happens when its uniform number is small (`NAME.happens`) counts the other way round, so that a positive
rank means that it happens when the others are high.

A rank correlation (Spearman) is carried to the normals behind a Gaussian copula by r = 2 sin(pi rank / 6); for a t
copula it is the root of `t_copula_spearman`. One correlation between several names, when it is not negative, is a
common factor: a new member touches no other. Anything else is a Cholesky factor over the names in order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from forecast.arrays import Floats, Floats32
from forecast.stats.cholesky import cholesky

__all__ = [
    "HAPPENS_SUFFIX",
    "CorrelatedGroup",
    "build_correlated_groups",
    "clip_uniforms",
    "connected_components",
    "pearson_from_spearman",
]

UniformSource = Callable[[str], Floats]
ChiSquareSource = Callable[[str, float], Floats]
HAPPENS_SUFFIX = ".happens"
"""End of the names of events that happen or not."""
_FloatT = TypeVar("_FloatT", np.float32, np.float64)


@lru_cache(maxsize=1_024)
def pearson_from_spearman(rank: float, df: float | None = None) -> float:
    """Return the correlation of the normals, or of the t, behind a rank correlation.

    Parameters
    ----------
    rank : float
        Spearman's rank correlation, -1 to 1.
    df : float, optional
        Degrees of freedom of a t copula; None for a Gaussian one.

    Returns
    -------
    float
        Pearson's correlation, -1 to 1.

    References
    ----------
    Hult and Lindskog (2002), Multivariate extremes, aggregation and dependence in elliptical distributions.
    """
    if rank in (-1.0, 0.0, 1.0):
        return float(rank)
    if df is None:
        return 2 * math.sin(math.pi * rank / 6)
    from scipy.optimize import brentq  # slow to load, and rarely needed

    return float(brentq(lambda r: t_copula_spearman(r, df) - rank, -1, 1))


def t_copula_spearman(r: float, df: float) -> float:
    """Spearman's rank correlation of a bivariate t: (6/pi) E asin(r W / sqrt((W + W')(W + W'')))."""
    # W, W', W'' are independent df / chi-square(df), each at 40 even quantiles
    from scipy.special import gammaincinv

    w = df / (2 * gammaincinv(df / 2, (np.arange(40) + 0.5) / 40))
    w1, w2, w3 = w[:, None, None], w[None, :, None], w[None, None, :]
    return float(6 / math.pi * np.mean(np.arcsin(r * w1 / np.sqrt((w1 + w2) * (w1 + w3)))))


def clip_uniforms(u: Floats) -> Floats:
    """Keep probabilities inside 0 to 1, where a rounded one is neither.

    Parameters
    ----------
    u : ndarray
        Probabilities, (..., paths).

    Returns
    -------
    ndarray
        The same, at least 2^-54 and at most 1 - 2^-53.
    """
    return np.clip(u, 2.0**-54, 1 - 2.0**-53)


@dataclass(frozen=True)
class CorrelatedGroup:
    """Names that are correlated, directly or through one another.

    Parameters
    ----------
    names : tuple of str
        In order.
    factor : tuple of tuple of float
        Lower triangular rows of the Cholesky factor, (names, names); empty with a common factor.
    common : str
        Name of the stream of the common factor; empty without one.
    loading : float
        Weight of the common factor in each member.
    df : float, optional
        Degrees of freedom of a t copula; None for a Gaussian one.
    """

    names: tuple[str, ...]
    factor: tuple[tuple[float, ...], ...]
    common: str = ""
    loading: float = 0.0
    df: float | None = None

    @classmethod
    def from_correlation(cls, names: tuple[str, ...], matrix: Floats, df: float | None = None) -> CorrelatedGroup:
        """Make the group of a correlation matrix (names, names); ValueError when it is not positive semidefinite."""
        factor = cholesky(matrix, strict=True)
        return cls(names, tuple(tuple(row) for row in factor.tolist()), df=df)

    def correlation(self, name: str, other: str) -> float:
        """Correlation of the normals behind two members."""
        if self.common:
            return 1.0 if name == other else self.loading**2
        first, second = (self.factor[self.names.index(each)] for each in (name, other))
        return float(np.dot(first, second))

    def _correlate(
        self, independent: Mapping[str, NDArray[_FloatT]], common: NDArray[_FloatT] | None
    ) -> dict[str, NDArray[_FloatT]]:
        if common is not None:
            residual_loading, shared = math.sqrt(1 - self.loading**2), self.loading * common
            return {name: shared + residual_loading * independent[name] for name in self.names}
        correlated = {}
        for row, name in enumerate(self.names):
            total = self.factor[row][0] * independent[self.names[0]]
            for column in range(1, row + 1):
                if self.factor[row][column] != 0:
                    total = total + self.factor[row][column] * independent[self.names[column]]
            correlated[name] = total
        return correlated

    def _t_scale(self, sample_chi_square: ChiSquareSource) -> Floats:
        """Factor that makes normals a t, the same for every member: the root of df / chi-square, (..., paths)."""
        assert self.df is not None
        return np.sqrt(self.df / sample_chi_square(f"copula.{self.common or self.names[0]}", self.df))

    def _t_uniforms(self, z: Floats | Floats32, scale: Floats) -> Floats:
        """Uniforms of the t made of normals (..., paths) and their scale."""
        from scipy.special import stdtr

        assert self.df is not None
        return clip_uniforms(np.asarray(stdtr(self.df, z * scale), np.float64))

    def uniforms(self, sample_uniforms: UniformSource, sample_chi_square: ChiSquareSource) -> dict[str, Floats]:
        """Correlated uniforms (paths,) of every member, from the uniforms of their own streams."""
        from scipy.special import ndtr, ndtri

        independent = {name: ndtri(sample_uniforms(name)) for name in self.names}
        correlated = self._correlate(independent, ndtri(sample_uniforms(self.common)) if self.common else None)
        if self.df is not None:
            scale = self._t_scale(sample_chi_square)
            return {name: self._t_uniforms(z, scale) for name, z in correlated.items()}
        return {name: clip_uniforms(ndtr(z)) for name, z in correlated.items()}

    def normals(
        self, sample_normals: Callable[[str], Floats32], sample_chi_square: ChiSquareSource
    ) -> dict[str, Floats32]:
        """Correlated standard normals (months, paths) of every member, from those of their own streams."""
        # Under a t copula the chi-squares are (months, paths): with one for all months, those of one service would
        # depend on each other, and its years would have longer tails than without the correlation.
        correlated = self._correlate(
            {name: sample_normals(name) for name in self.names}, sample_normals(self.common) if self.common else None
        )
        if self.df is not None:
            from scipy.special import ndtri

            scale = self._t_scale(sample_chi_square)
            return {name: ndtri(self._t_uniforms(z, scale)).astype(np.float32) for name, z in correlated.items()}
        return correlated


def connected_components(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Return the groups of names that are connected by pairs.

    Parameters
    ----------
    pairs : iterable of tuple of str and str
        Names that are connected.

    Returns
    -------
    list of tuple of str
        Each in order, in order of their first names.
    """
    groups: list[set[str]] = []
    for a, b in pairs:
        joined = [group for group in groups if a in group or b in group]
        groups = [group for group in groups if group not in joined] + [{a, b}.union(*joined)]
    return sorted(tuple(sorted(group)) for group in groups)


def build_correlated_groups(
    entries: Mapping[str, tuple[tuple[str, ...], float]], df: float | None = None
) -> dict[str, CorrelatedGroup]:
    """Build the group of every name that is correlated.

    Parameters
    ----------
    entries : mapping of str
        Name of a correlation -> its members and their rank correlation.
    df : float, optional
        Degrees of freedom of a t copula; None for a Gaussian one.

    Returns
    -------
    dict of str to CorrelatedGroup
        By name of a member.

    Raises
    ------
    ValueError
        The correlations are not possible together.
    """
    pairs = {
        (a, b): (name, rank if a.endswith(HAPPENS_SUFFIX) == b.endswith(HAPPENS_SUFFIX) else -rank)
        for name, (members, rank) in sorted(entries.items())
        for i, a in enumerate(sorted(members))
        for b in sorted(members)[i + 1 :]
    }
    group_of: dict[str, CorrelatedGroup] = {}
    for names in connected_components(pairs):
        inside = {pair: entry for pair, entry in pairs.items() if pair[0] in names}
        group = _build_group(names, inside, df)
        group_of.update(dict.fromkeys(names, group))
    return group_of


def _build_group(
    names: tuple[str, ...], pairs: Mapping[tuple[str, str], tuple[str, float]], df: float | None
) -> CorrelatedGroup:
    sources = {name for name, _ in pairs.values()}
    source, rank = next(iter(pairs.values()))
    r = pearson_from_spearman(rank, df)
    if len(sources) == 1 and 0 <= rank < 1 and all(other == rank for _, other in pairs.values()):
        return CorrelatedGroup(names, (), f"correlations.{source}", math.sqrt(r), df)
    matrix = np.eye(len(names))
    for (a, b), (_, rank) in pairs.items():
        i, j = names.index(a), names.index(b)
        matrix[i, j] = matrix[j, i] = pearson_from_spearman(rank, df)
    return CorrelatedGroup.from_correlation(names, matrix, df)
