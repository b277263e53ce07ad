"""The composition root: the only place that names concrete parts."""

from maestro_fabric.compose.prepared import Parallel, Prepared
from maestro_fabric.compose.preparing import load_config, prepare, whats_missing
from maestro_fabric.compose.running import Fanout, open_store, run

__all__ = ["Fanout", "Parallel", "Prepared", "load_config", "open_store", "prepare", "run", "whats_missing"]
