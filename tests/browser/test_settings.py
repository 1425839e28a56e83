"""The settings as a visitor types them, what the page says of their run, and the program's command for it."""
import shlex
import subprocess
import sys

import pytest
from common.digits import with_error
from common.recipe import parse
from support import ROOT, said, within
from window import expect

SMALL = "num_steps=12&n_embd=8&n_head=2"


def test_a_box_reads_what_people_type_and_says_so(visitor):
    visitor.open(SMALL)
    visitor.put("setting-learning_rate", "0,02")
    expect(visitor.see("settings-note")).to_have_text(said("settings.read", text="0,02", used="0.02"))
    assert parse(visitor.fragment())[0]["learning_rate"] == 0.02
    visitor.put("setting-n_embd", "0")
    expect(visitor.see("setting-n_head")).to_have_value("1")
    visitor.put("setting-n_embd", "8")
    expect(visitor.see("setting-n_head")).to_have_value("2")
    visitor.put("setting-num_steps", "1.000")
    expect(visitor.see("settings-note")).to_have_text(within("settings.ambiguous", text="1.000", used="12"))
    expect(visitor.see("setting-num_steps")).to_have_value("12")


@pytest.mark.parametrize("fragment", [SMALL, SMALL + "&held_out=0&data=dinosaurs&temperature=1.0"])
def test_the_command_on_the_page_runs_and_prints_the_names_of_the_run(visitor, fragment):
    visitor.open(fragment)
    visitor.press("train")
    visitor.wait("done")
    expect(visitor.see("command-note")).to_have_text(said("command.same"))
    python, *command = shlex.split(visitor.see("command").text_content())
    assert python == "python"
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=True)
    printed = [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("sample ")]
    assert [name for step, name in visitor.names() if step == 12][:20] == printed


def test_a_run_that_holds_out_is_shown_with_the_error_and_not_called_the_programs(visitor, cpython):
    fragment = "num_steps=500&n_embd=4&n_head=1&block_size=8&data=korean-names&engine=compiled"
    visitor.open(fragment)
    visitor.press("train")
    visitor.wait("done")
    _, frame = cpython(fragment)
    expect(visitor.see("held-out")).to_have_text(
        said("held-out", loss=with_error(frame["held_out"][-1][1], frame["held_out_errors"][-1])))
    expect(visitor.see("command-note")).to_have_text(said("command.held-out", percent=10))
