"""Accounts: the texts by which the rows of a ledger name the services and costs of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from forecast.units import fold_text

__all__ = ["Accounts"]


@dataclass(frozen=True)
class Accounts:
    """Texts of a ledger, and what they stand for; capitals, marks and spaces do not matter.

    Parameters
    ----------
    services : tuple of (str, str), optional
        Folded text and service.
    costs : tuple of (str, str), optional
        Folded text and cost.
    """

    services: tuple[tuple[str, str], ...] = ()
    costs: tuple[tuple[str, str], ...] = ()

    @cached_property
    def _service_by_text(self) -> dict[str, str]:
        return dict(self.services)

    @cached_property
    def _cost_by_text(self) -> dict[str, str]:
        return dict(self.costs)

    def service_of(self, text: str) -> str:
        """Return the service that a text stands for; the text itself where it stands for none.

        Parameters
        ----------
        text : str
            As it stands in a row.

        Returns
        -------
        str
            Name of a service, or the text.
        """
        return self._service_by_text.get(_folded(text), text)

    def cost_of(self, text: str) -> str:
        """Return the cost that a text stands for; the text itself where it stands for none.

        Parameters
        ----------
        text : str
            As it stands in a row.

        Returns
        -------
        str
            Name of a cost, or the text.
        """
        return self._cost_by_text.get(_folded(text), text)

    def account_of(self, text: str) -> str:
        """Return the account that rows of a service name: texts of one account differ in capitals, marks and spaces.

        Parameters
        ----------
        text : str
            As it stands in a row.

        Returns
        -------
        str
            The folded text where it stands for a service, or for a cost of a short ledger; else the text.
        """
        folded = _folded(text)
        return folded if folded in self._service_by_text or folded in self._cost_by_text else text

    def is_cost(self, text: str) -> bool:
        """Return whether a text stands for a cost and for no service.

        Parameters
        ----------
        text : str
            As it stands in a row.

        Returns
        -------
        bool
            True for a cost.
        """
        folded = _folded(text)
        return folded in self._cost_by_text and folded not in self._service_by_text


@lru_cache(maxsize=1_024)
def _folded(text: str) -> str:
    """The folded text; a ledger repeats a few of them in many rows."""
    return fold_text(text)
