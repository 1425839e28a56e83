"""The run kept in the browser: a reload loses nothing."""
from playwright.sync_api import expect

RUN = "num_steps=300&n_embd=8&n_head=2&block_size=8"


def test_a_reload_goes_on_bit_for_bit(visitor, cpython):
    visitor.open(RUN)
    for step in range(1, 4):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 300")
    expect(visitor.see("kept-all")).to_be_visible(timeout=15000)
    visitor.page.reload()
    visitor.wait("ready")
    expect(visitor.see("kept")).to_contain_text("step 3 of 300")
    visitor.press("kept-go-on")
    visitor.reads("step-count", "3 / 300")
    visitor.press("train")
    visitor.wait("done")
    session, frame = cpython(RUN)
    assert visitor.points()[1] == list(frame["points"][1])[3:]
