"""A small session, trained for some steps, and what is saved of it: once in a process."""
import pytest
from saved import trained
from worker.formats import checkpoint as models
from worker.formats import model_link, safetensors_file
from worker.session import Session


@pytest.fixture(scope="session")
def tiny() -> tuple[Session, list]:
    return trained(steps=23)


@pytest.fixture(scope="session")
def link(tiny) -> str:
    return model_link.encode(models.take(tiny[0]), tiny[0].run.square)


@pytest.fixture(scope="session")
def file(tiny) -> bytes:
    session, curve = tiny
    return safetensors_file.save(session, True, curve, [[23, "emma", False]], "ab12")
