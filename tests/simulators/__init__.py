"""The counter-parties of the gateway, for tests: a made-up board, its school system and vendors."""

from gateway.demo.board import MadeUpBoard, made_up_board, split_boards
from gateway.demo.faults import Fault, Faults
from gateway.demo.population import IdStyle
from gateway.demo.school_system import SimulatedSchool, Write
from gateway.demo.vendors import Exchange, Pull, SimulatedVendor

__all__ = [
    "Exchange",
    "Fault",
    "Faults",
    "IdStyle",
    "MadeUpBoard",
    "Pull",
    "SimulatedSchool",
    "SimulatedVendor",
    "Write",
    "made_up_board",
    "split_boards",
]
