"""Plugins, ours and others', from the entry-point group ``maestro_fabric``. A broken one is named and left out."""

from maestro_fabric.plugins.entries import ENTRY_POINT_GROUP, has_strangers
from maestro_fabric.plugins.hook_sink import HookSink
from maestro_fabric.plugins.loading import PluginInfo, Plugins, load_plugins

__all__ = ["ENTRY_POINT_GROUP", "HookSink", "PluginInfo", "Plugins", "has_strangers", "load_plugins"]
