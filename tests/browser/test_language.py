"""The visitor's language: the browser's at first, the switch's then, and the link's for whoever opens it."""
import pytest
from support import said
from texts import KO
from window import expect

korean = pytest.mark.browser_context_args(locale="ko-KR")


@korean
def test_a_korean_session_from_the_first_screen_to_the_shared_link(visitor, base_url):
    visitor.let_copy()
    visitor.open("num_steps=10&n_embd=8&n_head=2")
    expect(visitor.page.locator("html")).to_have_attribute("lang", "ko")
    expect(visitor.page).to_have_title(KO["title"])
    visitor.reads("train", KO["train"])
    expect(visitor.see("look")).to_have_attribute("placeholder", KO["look.placeholder"])
    visitor.press("train")
    visitor.wait("done")
    visitor.reads("status", said("status.done", texts=KO, step=10))
    expect(visitor.see("attention").locator("caption").first).to_have_text(said("head", texts=KO, n=1))
    expect(visitor.page.locator("#names .new").first).to_have_text(KO["new"])
    visitor.press("inside-letter")
    expect(visitor.page.locator(".page h3")).to_have_text(KO["letter.token.title"])
    visitor.see("language").select_option("en")
    visitor.reads("train", said("go-on"))
    visitor.reads("status", said("status.done", step=10))
    expect(visitor.page.locator("#names .new").first).to_have_text(said("new"))
    visitor.see("language").select_option("ko")
    visitor.press("share")
    visitor.reads("status", KO["status.shared"])
    assert "lang=ko" in visitor.page.evaluate("() => navigator.clipboard.readText()")


@pytest.mark.parametrize(("fragment", "language"), [("lang=ko", "ko"), ("lang=xx", "en"), ("lang=%3Cb%3E", "en"),
                                                    ("", "en")])
def test_a_link_names_the_language_and_what_there_is_none_of_is_english(visitor, fragment, language):
    visitor.page.goto("#" + fragment)
    visitor.reads("train", KO["train"] if language == "ko" else said("train"))
    expect(visitor.page.locator("html")).to_have_attribute("lang", language)
    expect(visitor.see("language")).to_have_value(language)


@korean
@pytest.mark.tolerates("HTTP 404|status of 404")
def test_where_the_file_of_a_language_cannot_be_had_english_stays(visitor):
    visitor.page.route("**/ko.json*", lambda route: route.fulfill(status=404))
    visitor.open()
    visitor.reads("train", said("train"))
    expect(visitor.see("language")).to_have_value("en")
