"""Figures, captions and pictures of papers, read by isolated workers.

>>> import covid_ct
>>> figures = covid_ct.figures("paper.pdf")
"""

from ._figures import ReadError, figures
from ._programs import program, version

__all__ = ["ReadError", "figures", "program", "version"]
