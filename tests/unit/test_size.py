"""The weight of a first visit, as a real browser makes it."""

import gzip
from concurrent.futures import ThreadPoolExecutor

from tools.size import BUDGET, first_visit, kept, weighed


def test_a_first_visit_stays_within_its_budget_and_the_rest_is_kept_for_later(site):
    with ThreadPoolExecutor() as threads:  # which have no browser driver's loop yet
        visited = threads.submit(first_visit, site).result()
    assert "index.html" in visited and any(path.endswith("pyodide.asm.wasm") for path in visited)
    assert sum(weighed(site / path)[1] for path in visited) <= BUDGET
    assert set(visited) <= set(kept(site))  # or a second visit would need the network


def test_a_file_is_weighed_with_and_without_gzip(tmp_path):
    text, archive = tmp_path / "a.txt", tmp_path / "a.zip"
    for path in (text, archive):
        path.write_bytes(b"emma\n" * 1000)
    raw, quick, best = weighed(text)
    assert raw == 5000 and len(gzip.compress(text.read_bytes(), 6)) == quick and best <= quick < 100
    assert weighed(archive) == (5000, 5000, 5000)  # hosts send an archive as it is
