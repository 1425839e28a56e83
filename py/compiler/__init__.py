"""A compiler for the core's graph."""
from .engine import Engine
from .trace import CannotCompile

__all__ = ["CannotCompile", "Engine", "compile"]

def compile(run) -> Engine:
    return Engine(run)
