"""The page's entry (MicroPython, on the main thread): the worker first, because it takes longest, then all else."""
import asyncio

from page.worker_client import WorkerClient
from pyscript import document, window

client = WorkerClient()
client.start()

if document.readyState == "loading":  # PyScript does not wait for the end of the page
    parsed = window.Promise.withResolvers()
    document.addEventListener("DOMContentLoaded", parsed.resolve)
    await parsed.promise  # noqa: F704

# Between the files the browser gets its turn, for whatever the visitor does meanwhile.
await asyncio.sleep(0)  # noqa: F704
import page.i18n  # noqa: E402, F401

await asyncio.sleep(0)  # noqa: F704
import page.training  # noqa: E402, F401

await asyncio.sleep(0)  # noqa: F704
import page.autosave  # noqa: E402, F401
import page.parts.data_form  # noqa: E402, F401

await asyncio.sleep(0)  # noqa: F704
from page.app import App  # noqa: E402

asyncio.create_task(App(client).start())
