"""The counter-parties of the gateway, for tests: a made-up board, its school system and vendors."""

from gateway.demo.board import MadeUpBoard, giveaways, made_up_board, split_boards
from gateway.demo.canaries import CANARY, Canary, CanaryBoard, canary_board
from gateway.demo.faults import Fault, Faults
from gateway.demo.gradebook import PlantedRemark
from gateway.demo.population import IdStyle
from gateway.demo.school_system import SimulatedSchool, Write
from gateway.demo.vendors import Exchange, Pull, SimulatedVendor

__all__ = [
    "CANARY",
    "Canary",
    "CanaryBoard",
    "Exchange",
    "Fault",
    "Faults",
    "IdStyle",
    "MadeUpBoard",
    "PlantedRemark",
    "Pull",
    "SimulatedSchool",
    "SimulatedVendor",
    "Write",
    "canary_board",
    "giveaways",
    "made_up_board",
    "split_boards",
]
