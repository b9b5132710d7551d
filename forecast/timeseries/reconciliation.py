"""Reconciliation of the forecasts of a hierarchy, so that they add up: services by districts by communes.

Base forecasts of all nodes are projected onto those that add up, y = S P y^. With the constraints C = [I, -A] (each
upper node less the sum of its bottom nodes) the projection is y^ - W C' (C W C')^-1 C y^, so that only a system as
large as the number of upper nodes is solved (Wickramasuriya, Athanasopoulos and Hyndman 2019; the zero-constrained
form of Di Fonzo and Girolimetto 2023). W is the covariance of the base errors: its diagonal (`wls`), or shrunk towards
it (`mint`; Schafer and Strimmer 2005). Bottom nodes below zero are set to zero and everything is summed again (the
`sntz` of Di Fonzo and Girolimetto), so that every draw adds up to the last bits and none is negative.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from forecast.arrays import Floats

ReconciliationMethod = Literal["mint", "wls", "bottom_up", "top_down"]

MIN_VARIANCE_RATIO = 1e-12
"""Least variance of a node, as a share of the largest, so that the system can be solved."""


@dataclass(frozen=True)
class Hierarchy:
    """Upper nodes that are sums of bottom nodes."""

    upper: tuple[str, ...]
    bottom: tuple[str, ...]
    sums: csr_array
    """(upper, bottom): 1 where a bottom node belongs to an upper one."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of all nodes: upper ones, then the bottom."""
        return self.upper + self.bottom

    def aggregate(self, bottom: Floats) -> Floats:
        """(nodes, ...): values of all nodes from those of the bottom, (bottom, ...)."""
        flat = bottom.reshape(len(self.bottom), -1)
        nodes = np.concatenate([self.sums @ flat, flat])
        return nodes.reshape(len(nodes), *bottom.shape[1:])

    def gaps(self, nodes: Floats) -> Floats:
        """(upper, ...): C y, excess of upper nodes over the sums of their bottom nodes, from (nodes, ...)."""
        flat = nodes.reshape(len(self.upper) + len(self.bottom), -1)
        rows = flat[: len(self.upper)] - self.sums @ flat[len(self.upper) :]
        return np.asarray(rows).reshape(len(self.upper), *nodes.shape[1:])


def grouped_hierarchy(districts: Mapping[str, str], services: Sequence[str] = ()) -> Hierarchy:
    """The total, services, districts, services by district and places, over services by place; `districts` by place."""
    lines = tuple(sorted(services)) or ("",)  # without services the tree of the places alone
    pairs = [(service, place) for service in lines for place in sorted(districts)]
    keys: tuple[Callable[[str, str], str], ...] = (
        lambda service, place: "total",
        lambda service, place: service,
        lambda service, place: f"@{districts[place]}",
        lambda service, place: f"{service}@{districts[place]}",
        lambda service, place: f"@{place}",
    )
    members: dict[str, list[int]] = {}
    # a node of the same bottom nodes as one before it is left out
    name_of: dict[tuple[int, ...], str] = {(column,): "" for column in range(len(pairs))}
    for key in keys:
        level: dict[str, list[int]] = {}
        for column, (service, place) in enumerate(pairs):
            level.setdefault(key(service, place), []).append(column)
        for name, columns in level.items():
            if tuple(columns) not in name_of:
                name_of[tuple(columns)] = name
                members[name] = columns
    rows = np.repeat(np.arange(len(members)), [len(columns) for columns in members.values()])
    cells = np.concatenate([np.empty(0, np.intp), *(np.array(columns, np.intp) for columns in members.values())])
    sums = csr_array((np.ones(len(rows)), (rows, cells)), shape=(len(members), len(pairs)))
    return Hierarchy(tuple(members), tuple(f"{service}@{place}" for service, place in pairs), sums)


@dataclass(frozen=True)
class Reconciler:
    """Projection onto forecasts that add up."""

    hierarchy: Hierarchy
    method: ReconciliationMethod
    cross_covariance: Floats
    """(bottom, upper): W C' of the bottom nodes; empty for `bottom_up` and `top_down`."""
    cholesky_factor: tuple[Floats, bool]
    """(upper, upper): Cholesky factor of C W C', and whether it is lower triangular."""
    shares: Floats
    """(bottom,): shares of the total; empty but for `top_down`."""
    shrinkage: float = 0.0
    """Weight of the diagonal in the covariance of `mint`."""

    def bottom_forecasts(self, base: Floats) -> Floats:
        """(bottom, ...): P y^ from base forecasts (nodes, ...), before any is set to zero."""
        upper = len(self.hierarchy.upper)
        flat = base.reshape(len(base), -1)
        if self.method == "bottom_up":
            bottom = flat[upper:]
        elif self.method == "top_down":
            bottom = self.shares[:, None] * flat[0]
        else:
            solved = cho_solve(self.cholesky_factor, self.hierarchy.gaps(flat), check_finite=False)
            bottom = flat[upper:] - self.cross_covariance @ solved
        return np.asarray(bottom).reshape(-1, *base.shape[1:])

    def __call__(self, base: Floats) -> Floats:
        """(nodes, ...): forecasts or draws that add up, none below zero, from base ones (nodes, ...)."""
        return self.hierarchy.aggregate(np.maximum(self.bottom_forecasts(base), 0.0))


def fit_reconciler(
    hierarchy: Hierarchy,
    method: ReconciliationMethod,
    *,
    variances: Floats | None = None,
    errors: Floats | None = None,
    shares: Floats | None = None,
) -> Reconciler:
    """The projection of a method; ValueError where an input it needs is missing or has another shape or sign."""
    # `wls` needs the variances of the base errors (nodes,), or errors; `mint` errors (times, nodes) of one step, not
    # centred; `top_down` the shares (bottom,), which are normalised
    empty, no_factor = np.empty(0), (np.empty((0, 0)), True)
    if method == "bottom_up":
        return Reconciler(hierarchy, method, empty, no_factor, empty)
    if method == "top_down":
        return Reconciler(hierarchy, method, empty, no_factor, _normalised_shares(hierarchy, shares))
    if errors is not None:
        _check_shape(errors, (len(errors), len(hierarchy.nodes)))
        variances = np.square(errors).mean(axis=0) if variances is None else variances
    variances = _checked_variances(hierarchy, method, variances)
    if method == "wls":
        return _covariance_reconciler(hierarchy, method, variances, np.empty((0, len(hierarchy.nodes))), 1.0)
    if errors is None:
        raise ValueError("mint needs the base errors")
    intensity = shrinkage_intensity(errors)
    scaled = errors * np.sqrt((1 - intensity) / len(errors))
    return _covariance_reconciler(hierarchy, method, intensity * variances, scaled, intensity)


def _checked_variances(hierarchy: Hierarchy, method: ReconciliationMethod, variances: Floats | None) -> Floats:
    """(nodes,): the variances, none at zero; ValueError where they are missing or cannot be variances."""
    if variances is None:
        raise ValueError(f"{method} needs the variances of the base errors")
    _check_shape(variances, (len(hierarchy.nodes),))
    if not (variances >= 0).all() or not variances.any():
        raise ValueError("a variance below zero, or none above it")
    return np.asarray(np.maximum(variances, MIN_VARIANCE_RATIO * variances.max()))


def _covariance_reconciler(
    hierarchy: Hierarchy, method: ReconciliationMethod, diagonal: Floats, low_rank: Floats, intensity: float
) -> Reconciler:
    """The projection for W = diagonal + low_rank' low_rank; neither W nor all of C is ever formed."""
    upper = len(hierarchy.upper)
    sums = hierarchy.sums
    weighted = sums.multiply(diagonal[upper:]).tocsr()
    gaps = hierarchy.gaps(low_rank.T)
    system = np.diag(diagonal[:upper]) + (weighted @ sums.T).toarray() + gaps @ gaps.T
    cross_covariance = low_rank[:, upper:].T @ gaps.T - weighted.T.toarray()
    return Reconciler(hierarchy, method, cross_covariance, cho_factor(system, lower=True), np.empty(0), intensity)


def shrinkage_intensity(errors: Floats) -> float:
    """Weight of the diagonal in the correlation of errors (times, nodes), 0 to 1 (Schafer and Strimmer 2005)."""
    # sum of the variances of the correlations by the sum of their squares, not centred, as in R's hts; sums over pairs
    # of nodes are taken as sums over pairs of times
    times, nodes = errors.shape
    size = np.sqrt(np.square(errors).mean(axis=0))
    x = np.divide(errors, size, out=np.zeros_like(errors), where=size > 0)
    squares = np.square(x)
    pair_squares = np.square(x @ x.T).sum() - np.square(squares.sum(axis=0)).sum()
    products = np.square(squares.sum(axis=1)).sum() - np.square(squares).sum()
    if times < 2 or nodes < 2 or pair_squares <= 0:
        return 1.0
    noise = (products - pair_squares / times) / (times * (times - 1))
    return float(np.clip(noise / (pair_squares / times**2), 0.0, 1.0))


def _normalised_shares(hierarchy: Hierarchy, shares: Floats | None) -> Floats:
    """(bottom,): the shares with a sum of 1; ValueError where they are missing or cannot be shares."""
    if shares is None:
        raise ValueError("top_down needs the shares of the bottom nodes")
    _check_shape(shares, (len(hierarchy.bottom),))
    if not (shares >= 0).all() or not shares.sum() > 0:
        raise ValueError("a share below zero, or none above it")
    return np.asarray(shares / shares.sum())


def _check_shape(values: Floats, shape: tuple[int, ...]) -> None:
    """Raise ValueError where values have another shape than the hierarchy needs."""
    if values.shape != shape:
        raise ValueError(f"the hierarchy asks for {shape}, not {values.shape}")
