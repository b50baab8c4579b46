"""The explorer in a real Chromium. Skipped where none is installed; .ci/run installs one."""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.api import Memory, conversation, message

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium; on Debian and Ubuntu: apt-get install chromium"),
]
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync"]  # fmt: skip
# A service under load takes longer than Playwright's own five seconds.
expect.set_options(timeout=20_000)
# What axe calls serious or critical is a bug.
_BUGS = {"serious", "critical"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, told: Memory, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The explorer, open on a memory; every error of the page's scripts fails the test."""
    context = browser.new_context(
        color_scheme=getattr(request, "param", "light"), viewport={"width": 1300, "height": 950}
    )
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    opened.goto(f"{told.http.base_url}/explore?user={told.scope.user_id}&agent={told.scope.agent_id}")
    expect(opened.locator("#about")).to_contain_text("messages")
    yield opened
    context.close()
    assert errors == []


@pytest.fixture
def told(memory: Memory) -> Memory:
    memory.extract(
        conversation(
            message("I work at Halcyon Press.", name="Lena", at="2024-01-10T09:00:00Z"),
            message(
                "🎉🎉 Congratulations! Halcyon Press is located in Trieste.", name="Ben", at="2024-02-10T09:00:00Z"
            ),
            message("I live in Faro.", name="Lena", at="2024-02-12T09:01:00Z"),
            message("I moved to Braga.", name="Lena", at="2024-05-10T09:01:00Z"),
            message("I play chess with Lena.", name="Ben", at="2024-06-10T09:00:00Z"),
            message("Porto has a good chess club.", name="Ben", at="2024-06-11T09:00:00Z"),
        )
    )
    memory.wait_until_idle()
    return memory


def ask(page: Page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#step")).to_contain_text("Seeds")


def check_access(page: Page) -> None:
    found: Any = Axe().run(page)
    bugs = [v for v in found.response["violations"] if v["impact"] in _BUGS]
    assert bugs == [], [(v["id"], [n["html"] for n in v["nodes"]]) for v in bugs]


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_a_walk_unfolds_hop_by_hop_down_to_the_words(page: Page) -> None:
    ask(page, "In which city does Lena work?")
    expect(page.locator("#steps > li")).to_have_count(1)
    for number in (2, 3):
        page.get_by_role("button", name="Next step").click()
        expect(page.locator("#steps > li")).to_have_count(number)
    expect(page.locator("#steps > li").nth(1)).to_contain_text("Hop 1")
    expect(page.locator("#steps > li").nth(1)).to_contain_text(re.compile(r"\d+ found, \d+ kept, \d+ pruned, \d+ ms"))
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("button", name="Next step")).to_be_disabled()
    expect(page.locator("#walk-picture canvas")).to_be_visible()
    check_access(page)
    page.locator("#answer-list").get_by_text("Halcyon Press is located in Trieste").first.click()
    detail = page.get_by_label("Details")
    # The quote is marked at its place, after a letter that JavaScript counts as two.
    expect(detail.locator("mark")).to_have_text("Halcyon Press is located in Trieste.")
    expect(detail).to_contain_text("still holds")
    assert "MATCH path" in (page.locator("#walk-query pre").text_content() or "")
    check_access(page)


def test_as_of_a_day_other_things_are_known(page: Page) -> None:
    ask(page, "Where does Lena live?")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#answer-list")).to_contain_text("Braga")
    page.locator("#answer-list").get_by_text("I moved to Braga").first.click()
    expect(page.get_by_label("Details")).to_contain_text("Superseded")
    expect(page.get_by_label("Details")).to_contain_text("Lena: I live in Faro")
    slider = page.get_by_label("As of")
    slider.focus()
    for _ in range(4):
        slider.press("PageDown")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#as-of-day")).to_contain_text("2024-0")
    expect(page.locator("#step")).to_contain_text("Seeds")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#answer-list")).to_contain_text("I live in Faro")
    expect(page.locator("#answer-list")).not_to_contain_text("Braga")


def test_forgetting_is_shown_before_it_is_done(page: Page, told: Memory) -> None:
    page.get_by_role("tab", name="Forget").click()
    page.get_by_label("everything that names").fill("Porto")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("table")).to_contain_text("Fact")
    expect(page.locator("caption")).to_have_text("Would delete")
    check_access(page)
    assert len(told.raw_data()) == 6
    page.get_by_role("button", name="Forget for good").click()
    page.get_by_role("button", name="Keep").click()
    assert len(told.raw_data()) == 6
    page.get_by_role("button", name="Forget for good").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(page.locator("caption")).to_have_text("Deleted")
    assert [raw["caption"] for raw in told.raw_data() if "Porto" in raw["caption"]] == []


def test_entities_are_mapped_merged_and_split_by_keyboard(page: Page) -> None:
    page.get_by_role("tab", name="Ask").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#months")).to_contain_text("2024-06")
    # What no longer holds is there, with its end.
    expect(page.locator("#months")).to_contain_text("Lena: I live in Faro. (until 2024-05-10)")
    check_access(page)
    page.keyboard.press("ArrowRight")
    expect(page.locator("#map-count")).to_contain_text(re.compile(r"\d+ entities"))
    expect(page.locator("#map-picture canvas")).to_be_visible()
    page.locator("#map-list").get_by_role("button", name="Faro").press("Enter")
    detail = page.get_by_label("Details")
    expect(detail.get_by_role("heading", level=2)).to_have_text("Faro")
    detail.get_by_label("Is the same as").fill("Braga")
    detail.get_by_role("button", name="Merge").press("Enter")
    expect(detail.locator("#same-as")).to_contain_text("Braga")
    check_access(page)
    detail.get_by_role("button", name="Split again").press("Enter")
    expect(detail.locator("#same-as")).to_have_count(0)


def test_errors_are_said(browser: Browser, told: Memory) -> None:
    page = browser.new_page()
    page.route(
        "**/open/v1/memory/retrieve",
        lambda route: route.fulfill(status=503, json={"error": {"message": "Neo4j is away"}}),
    )
    page.goto(f"{told.http.base_url}/explore?user={told.scope.user_id}&agent={told.scope.agent_id}")
    expect(page.locator("#about")).to_contain_text("messages")
    page.get_by_label("Question").fill("Who?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Neo4j is away")
    page.close()
