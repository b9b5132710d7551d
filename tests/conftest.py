"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("shared", deadline=None)  # a machine that others use, too, is slow at times
settings.load_profile("shared")
