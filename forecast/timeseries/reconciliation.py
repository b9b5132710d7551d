"""Forecasts of a hierarchy, made to add up: services by districts by communes.

Base forecasts of all nodes are projected onto those that add up, y = S P y^. With the constraints C = [I, -A] (each
node above less the sum of its bottom nodes) the projection is y^ - W C' (C W C')^-1 C y^, so that only a system as
large as the number of upper nodes is solved (Wickramasuriya, Athanasopoulos and Hyndman 2019; the zero-constrained
form of Di Fonzo and Girolimetto 2023). W is the covariance of the base errors: its diagonal (`wls`), or shrunk towards
it (`mint`; Schafer and Strimmer 2005). Bottom nodes below zero are set to zero and everything is summed again (the
same authors' `sntz`), so that every draw adds up to the last bits and none is negative.
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


@dataclass(frozen=True)
class Hierarchy:
    """Nodes that are sums of others."""

    upper: tuple[str, ...]
    bottom: tuple[str, ...]
    sums: csr_array
    """(upper, bottom) 1 where a bottom node belongs to an upper one."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """All nodes: upper ones, then the bottom."""
        return self.upper + self.bottom

    def aggregate(self, bottom: Floats) -> Floats:
        """(nodes, ...) from (bottom, ...)."""
        flat = bottom.reshape(len(self.bottom), -1)
        whole = np.concatenate([self.sums @ flat, flat])
        return whole.reshape(len(whole), *bottom.shape[1:])

    def gaps(self, nodes: Floats) -> Floats:
        """(upper, ...) what upper nodes have beyond the sums of their bottom nodes: C y."""
        flat = nodes.reshape(len(self.upper) + len(self.bottom), -1)
        rows = flat[: len(self.upper)] - self.sums @ flat[len(self.upper) :]
        return np.asarray(rows).reshape(len(self.upper), *nodes.shape[1:])


def grouped_hierarchy(districts: Mapping[str, str], services: Sequence[str] = ()) -> Hierarchy:
    """Total, services, districts, services by district and places over services by place.

    `districts` names the district of each place. Without services the tree of the places alone. A node that holds the
    same bottom nodes as one before it is left out.
    """
    lines = tuple(sorted(services)) or ("",)
    pairs = [(service, place) for service in lines for place in sorted(districts)]
    keys: tuple[Callable[[str, str], str], ...] = (
        lambda service, place: "total",
        lambda service, place: service,
        lambda service, place: f"@{districts[place]}",
        lambda service, place: f"{service}@{districts[place]}",
        lambda service, place: f"@{place}",
    )
    members: dict[str, list[int]] = {}
    known: dict[tuple[int, ...], str] = {(column,): "" for column in range(len(pairs))}
    for key in keys:
        level: dict[str, list[int]] = {}
        for column, (service, place) in enumerate(pairs):
            level.setdefault(key(service, place), []).append(column)
        for name, columns in level.items():
            if tuple(columns) not in known:
                known[tuple(columns)] = name
                members[name] = columns
    rows = np.repeat(np.arange(len(members)), [len(columns) for columns in members.values()])
    cells = np.concatenate([np.empty(0, np.intp), *(np.array(held, np.intp) for held in members.values())])
    sums = csr_array((np.ones(len(rows)), (rows, cells)), shape=(len(members), len(pairs)))
    return Hierarchy(tuple(members), tuple(f"{service}@{place}" for service, place in pairs), sums)


@dataclass(frozen=True)
class Reconciler:
    """A projection onto forecasts that add up."""

    hierarchy: Hierarchy
    method: ReconciliationMethod
    cross_covariance: Floats
    """(bottom, upper) W C' of the bottom nodes; empty for `bottom_up` and `top_down`."""
    cholesky_factor: tuple[Floats, bool]
    """Cholesky factor of C W C', (upper, upper)."""
    shares: Floats
    """(bottom,) of the total; empty but for `top_down`."""
    shrinkage: float = 0.0
    """Weight of the diagonal in the covariance of `mint`."""

    def bottom_forecasts(self, base: Floats) -> Floats:
        """(bottom, ...) from base forecasts (nodes, ...), before any is set to zero: P y^."""
        upper = len(self.hierarchy.upper)
        flat = base.reshape(len(base), -1)
        if self.method == "bottom_up":
            found = flat[upper:]
        elif self.method == "top_down":
            found = self.shares[:, None] * flat[0]
        else:
            found = flat[upper:] - self.cross_covariance @ cho_solve(
                self.cholesky_factor, self.hierarchy.gaps(flat), check_finite=False
            )
        return np.asarray(found).reshape(-1, *base.shape[1:])

    def __call__(self, base: Floats) -> Floats:
        """(nodes, ...) forecasts or draws that add up, none below zero, from base ones (nodes, ...)."""
        return self.hierarchy.aggregate(np.maximum(self.bottom_forecasts(base), 0.0))


def fit_reconciler(
    hierarchy: Hierarchy,
    method: ReconciliationMethod,
    *,
    variances: Floats | None = None,
    errors: Floats | None = None,
    shares: Floats | None = None,
) -> Reconciler:
    """The projection of a method.

    `wls` asks for the variances of the base errors (nodes,) or for errors; `mint` for errors (times, nodes) of one
    step, not centred; `top_down` for the bottom nodes' shares (bottom,), which are put to a sum of 1. ValueError where
    one is missing, has another shape or is not above zero.
    """
    none, nowhere = np.empty(0), (np.empty((0, 0)), True)
    if method == "bottom_up":
        return Reconciler(hierarchy, method, none, nowhere, none)
    if method == "top_down":
        return Reconciler(hierarchy, method, none, nowhere, _normalised_shares(hierarchy, shares))
    kept, scaled = 1.0, np.empty((0, len(hierarchy.nodes)))
    if errors is not None:
        _check_shape(errors, (len(errors), len(hierarchy.nodes)))
        variances = np.square(errors).mean(axis=0) if variances is None else variances
    if variances is None:
        raise ValueError(f"{method} needs the variances of the base errors")
    _check_shape(variances, (len(hierarchy.nodes),))
    if not (variances >= 0).all() or not variances.any():
        raise ValueError("a variance below zero, or none above it")
    variances = np.maximum(variances, 1e-12 * variances.max())
    if method == "mint":
        if errors is None:
            raise ValueError("mint needs the base errors")
        kept = shrinkage_intensity(errors)
        scaled = errors * np.sqrt((1 - kept) / len(errors))
    return _covariance_reconciler(hierarchy, method, kept * variances, scaled, kept)


def _covariance_reconciler(
    hierarchy: Hierarchy, method: ReconciliationMethod, diagonal: Floats, low: Floats, kept: float
) -> Reconciler:
    """W = diagonal + low' low; neither W nor the whole of C is ever formed."""
    upper = len(hierarchy.upper)
    sums = hierarchy.sums
    below = sums.multiply(diagonal[upper:]).tocsr()
    gaps = hierarchy.gaps(low.T)
    system = np.diag(diagonal[:upper]) + (below @ sums.T).toarray() + gaps @ gaps.T
    spread = low[:, upper:].T @ gaps.T - below.T.toarray()
    return Reconciler(hierarchy, method, spread, cho_factor(system, lower=True), np.empty(0), kept)


def shrinkage_intensity(errors: Floats) -> float:
    """How much of a correlation matrix is given up for its diagonal, 0 to 1 (Schafer and Strimmer 2005, as in R's hts).

    (times, nodes), not centred: sum of the variances of the correlations by the sum of their squares. Sums over pairs
    of nodes are taken as sums over pairs of times.
    """
    times, nodes = errors.shape
    size = np.sqrt(np.square(errors).mean(axis=0))
    x = np.divide(errors, size, out=np.zeros_like(errors), where=size > 0)
    squares = np.square(x)
    together = np.square(x @ x.T).sum() - np.square(squares.sum(axis=0)).sum()
    products = np.square(squares.sum(axis=1)).sum() - np.square(squares).sum()
    if times < 2 or nodes < 2 or together <= 0:
        return 1.0
    noise = (products - together / times) / (times * (times - 1))
    return float(np.clip(noise / (together / times**2), 0.0, 1.0))


def _normalised_shares(hierarchy: Hierarchy, shares: Floats | None) -> Floats:
    if shares is None:
        raise ValueError("top_down needs the shares of the bottom nodes")
    _check_shape(shares, (len(hierarchy.bottom),))
    if not (shares >= 0).all() or not shares.sum() > 0:
        raise ValueError("a share below zero, or none above it")
    return np.asarray(shares / shares.sum())


def _check_shape(values: Floats, shape: tuple[int, ...]) -> None:
    if values.shape != shape:
        raise ValueError(f"the hierarchy asks for {shape}, not {values.shape}")
