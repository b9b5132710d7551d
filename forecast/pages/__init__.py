"""The pages: a run, its findings and the words of a language become HTML, PDF and PNG."""

from __future__ import annotations
