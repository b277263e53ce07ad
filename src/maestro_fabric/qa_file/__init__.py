"""qa.yaml → `Config`, with the place of every part, and all that is wrong with it at once."""

from maestro_fabric.garbage import collector_paused
from maestro_fabric.qa_file.loading import Loaded, load
from maestro_fabric.qa_file.tree import path_text

__all__ = ["Loaded", "collector_paused", "load", "path_text"]
