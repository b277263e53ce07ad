"""Where recorders find the tally."""

from maestro_fabric.reports.tally import Tally

__all__ = ["Tally"]
