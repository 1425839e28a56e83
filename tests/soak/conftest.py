"""The browser tests' fixtures, in a visitor's own Chromium, and how long to go on."""

import pytest

from tools.browser import launch_options


def pytest_addoption(parser):
    parser.addoption("--minutes", type=float, default=10, help="how long the whole of it takes, about")


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return launch_options()
