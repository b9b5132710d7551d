"""Shapley values: what each of several causes adds to a total, whatever the order in which they are put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from math import factorial

import numpy as np

from forecast.arrays import Floats

__all__ = ["order_weights", "product_shapley", "subset_weights"]

MAX_EXPANDED_CAUSES = 3
"""Causes up to which the sum of all their products takes fewer steps than an integral."""

_Dividends = dict[tuple[str, ...], Floats]
"""By causes, (paths,) what they change together beyond what fewer of them change."""


def product_shapley(base: Floats, factors: Mapping[str, Floats]) -> dict[str, Floats]:
    """Shapley values of causes that multiply an amount, summed over its rows.

    The value of a cause k is the mean, over all orders of the causes, of what its factor changes: `base (F_k - 1)`
    times the integral over t from 0 to 1 of the product of `1 + t (F_j - 1)` over the others. Nodes of Gauss and
    Legendre make it exact, for it is the integral of a polynomial. The values sum to `base (product of F - 1)`.

    Parameters
    ----------
    base : ndarray
        (rows, paths) or (rows, 1) amount before any cause; of 32 or 64 bits.
    factors : mapping of str to ndarray
        By cause, (rows, paths) or (rows, 1); of 32 or 64 bits.

    Returns
    -------
    dict of str to ndarray
        By cause, (paths,) or (1,) its change of the sum over the rows, in the unit of `base`; exactly 0 where its
        factors are 1.

    References
    ----------
    Shapley (1953), A value for n-person games; Owen (1972), Multilinear extensions of games.
    """
    width = max([base.shape[1], *(factor.shape[1] for factor in factors.values())])
    values = {name: np.zeros(width) for name in factors}
    dividends: _Dividends = {}
    for row, amounts in enumerate(np.asarray(base, np.float64)):
        acting = {name: factor[row] for name, factor in factors.items() if (factor[row] != 1).any()}
        changes = {name: np.subtract(factor, 1, dtype=np.float64) for name, factor in acting.items()}
        if len(changes) > MAX_EXPANDED_CAUSES:
            _integrate(np.broadcast_to(amounts, width), changes, values)
        else:
            _add_dividends(np.broadcast_to(amounts, width), changes, dividends)
    _share_dividends(dividends, values)
    return values


def _add_dividends(base: Floats, changes: Mapping[str, Floats], dividends: _Dividends) -> None:
    products: _Dividends = {}
    for count in range(1, len(changes) + 1):
        for causes in combinations(changes, count):
            product = products[causes] = products.get(causes[:-1], base) * changes[causes[-1]]
            if causes in dividends:
                dividends[causes] += product
            else:
                dividends[causes] = product.copy()


def _share_dividends(dividends: _Dividends, values: Mapping[str, Floats]) -> None:
    """Share each dividend equally among its causes."""
    for causes, dividend in dividends.items():
        share = dividend / len(causes)
        for name in causes:
            values[name][:] += share


def _integrate(base: Floats, changes: Mapping[str, Floats], values: Mapping[str, Floats]) -> None:
    names = list(changes)
    for node, weight in _nodes(len(changes)):
        terms = {name: node * change for name, change in changes.items()}
        for term in terms.values():
            term += 1
        before = [weight * base]  # the product of all causes before each, so that nothing is divided
        for name in names[:-1]:
            before.append(before[-1] * terms[name])
        after = np.ones(1)
        for name, product in zip(reversed(names), reversed(before), strict=True):
            product *= after
            product *= changes[name]
            values[name][:] += product
            after = after * terms[name]


@lru_cache(maxsize=64)
def _nodes(n_causes: int) -> tuple[tuple[float, float], ...]:
    """Nodes and weights on 0 to 1 that are exact for the polynomial of so many causes less one."""
    nodes, weights = np.polynomial.legendre.leggauss(-(-n_causes // 2))
    return tuple(((float(node) + 1) / 2, float(weight) / 2) for node, weight in zip(nodes, weights, strict=True))


def subset_weights(n_causes: int) -> Floats:
    """Weights by which the totals of all subsets of some causes give their Shapley values.

    Parameters
    ----------
    n_causes : int
        Number of causes.

    Returns
    -------
    ndarray
        (causes, subsets) by cause and by the bits of the subset, from none to all; times (subsets, paths) totals they
        are the values, which sum to the total of all causes less that of none.

    References
    ----------
    Shapley (1953), A value for n-person games.
    """
    subsets = range(1 << n_causes)
    by_size = [factorial(size) * factorial(n_causes - 1 - size) / factorial(n_causes) for size in range(n_causes)]
    return np.array(
        [
            [
                by_size[subset.bit_count() - 1] if subset >> cause & 1 else -by_size[subset.bit_count()]
                for subset in subsets
            ]
            for cause in range(n_causes)
        ]
    ).reshape(n_causes, len(subsets))


def order_weights(order: Sequence[int], subsets: Sequence[int]) -> Floats:
    """Weights by which the totals of some subsets give what each cause adds in one order.

    Parameters
    ----------
    order : sequence of int
        The causes, from 0, each once.
    subsets : sequence of int
        Subsets by their bits; among them every beginning of the order.

    Returns
    -------
    ndarray
        (causes, subsets) 1, -1 or 0.
    """
    weights = np.zeros((len(order), len(subsets)))
    row_by_subset = {subset: row for row, subset in enumerate(subsets)}
    before = 0
    for cause in order:
        weights[cause, row_by_subset[before]] -= 1
        before |= 1 << cause
        weights[cause, row_by_subset[before]] += 1
    return weights
