"""The browser tests' fixtures, and how long to go on."""

from tests.conftest import base_url, browser_context_args, browser_type_launch_args, context, site, visitor  # noqa: F401


def pytest_addoption(parser):
    parser.addoption("--minutes", type=float, default=10, help="how long the whole of it takes, about")
