"""Finds a lost element again, or says honestly that it is gone. Pure: fingerprints in, a decision out."""

from maestro_fabric.healing.decide import Action, Decision, Ranked, Settings, decide, similarity
from maestro_fabric.healing.fingerprint import Fingerprint
from maestro_fabric.healing.healer import Knowledge, Known, LearntHealer
from maestro_fabric.healing.locators import locators_of
from maestro_fabric.healing.traits import Box

__all__ = [
    "Action",
    "Box",
    "Decision",
    "Fingerprint",
    "Knowledge",
    "Known",
    "LearntHealer",
    "Ranked",
    "Settings",
    "decide",
    "locators_of",
    "similarity",
]
