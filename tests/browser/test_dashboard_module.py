"""The dashboard's front end alone, in a real browser: what it shows, and what it does with a person's wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agentomics_nb.experiment.steps import Step
from agentomics_nb.journal import events as ev
from tests.browser.dashboard_page import open_dashboard, values_of
from tests.unit.views.simulated_run import STARTED, iteration, make_run, running_cell, started, timed

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from agentomics_nb.journal.directory import RunDirectory

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

HOSTILE = "<img src=x onerror=alert(1)>$(rm -rf ~)<script>alert(2)</script>"
POINTS = [
    {"epoch": i, "of": 9, "train_loss": 1 / i, "held_out_loss": 2 / i, "held_out_auroc": i / 9} for i in (1, 2, 3)
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    return make_run(tmp_path_factory.mktemp("dashboard"), iterations=5, time_limit=600.0, name="genes-1")


def at_work(*more: ev.Event) -> list[ev.Event]:
    """Two iterations are done, the third trains."""
    return timed(
        [
            started(),
            *iteration(0),
            *iteration(1),
            *iteration(2, upto=Step.TRAINING),
            running_cell("%%bash\ncd w\npython train.py", iteration=2),
            ev.TrainingLogged(iteration=2, step=Step.TRAINING, points=POINTS),
            *more,
        ]
    )


def shown(run: RunDirectory, *more: ev.Event) -> dict[str, Any]:
    return values_of(run, at_work(*more), now=STARTED + 100)


def test_everything_a_person_asks_first_stands_there(page: Page, tmp_path: Path, run: RunDirectory) -> None:
    open_dashboard(page, tmp_path, shown(run))
    board = page.get_by_role("region", name="Run genes-1")
    text = board.inner_text()
    for expected in ("● running", "Iteration 2 · training", "python train.py", "2 of 5", "of 10:00",
                     "AUROC by iteration", ".785 [.766, .804]", "overfitting", "Train and validation are apart.",
                     "60 rows × 2 columns", "Loss while iteration 2 trains", "epoch 3 of 9", "log.ipynb"):  # fmt: skip
        assert expected in text, expected
    curve = page.get_by_role("img", name="AUROC by iteration. iteration 0: train .612, validation .531")
    assert curve.is_visible()
    assert page.get_by_role("meter", name="iterations").get_attribute("aria-valuetext") == "2 of 5"
    assert page.get_by_role("row", name="best so far").get_by_role("cell").nth(3).inner_text() == ".785 [.766, .804]"
    page.get_by_label("Which training curve").select_option("auroc")
    assert page.get_by_role("img", name="auroc at epoch 3 of 9: held-out .333").is_visible()


def test_hostile_texts_are_shown_as_text(page: Page, tmp_path: Path, run: RunDirectory) -> None:
    alarms: list[str] = []
    page.on("dialog", lambda dialog: (alarms.append(dialog.message), dialog.dismiss()))
    values = shown(run, ev.Notice(level="warning", text=HOSTILE), ev.CommandReceived(command="hint", text=HOSTILE))

    def spoiled(value: Any) -> Any:
        if isinstance(value, str):
            return HOSTILE
        if isinstance(value, list):
            return [spoiled(each) for each in value]
        return {key: spoiled(each) for key, each in value.items()} if isinstance(value, dict) else value

    for name in ("iterations", "reflections", "dataset"):
        values[name] = spoiled(values[name])
    values["board"] |= {"command": HOSTILE, "data": HOSTILE, "activity": HOSTILE, "reason": HOSTILE}
    open_dashboard(page, tmp_path, values)
    board = page.locator(".agentomics-Dashboard")
    for unfold in board.locator("summary").all():
        unfold.click()
    assert board.locator("img, script, iframe, a").count() == 0
    assert board.get_by_text("$(rm -rf ~)").count() > 5
    assert alarms == []


def test_wishes_go_to_the_labextension_or_over_the_widgets_own_channel(
    page: Page, tmp_path: Path, run: RunDirectory
) -> None:
    open_dashboard(page, tmp_path, shown(run))
    page.get_by_label("Tell the agent something").fill("try a CNN")
    page.keyboard.press("Enter")
    sent = page.evaluate("window.sent.at(-1)")
    assert (sent["command"], sent["text"]) == ("hint", "try a CNN")
    page.evaluate(
        "id => window.reply({type: 'reply', request: id, ok: true, text: 'It gets the hint.'})", sent["request"]
    )
    page.get_by_role("status").get_by_text("It gets the hint.").wait_for()

    page.evaluate(
        "document.addEventListener('agentomics-ask', event => { event.preventDefault(); window.asked = event.detail;"
        " event.detail.respond(true, 'It pauses.'); })"
    )
    before = page.evaluate("window.sent.length")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("status").get_by_text("It pauses.").wait_for()
    assert page.evaluate("window.asked.command") == "pause"
    assert page.evaluate("window.sent.length") == before

    page.get_by_role("button", name="Stop", exact=True).click()
    page.keyboard.press("Escape")
    assert page.evaluate("window.asked.command") == "pause", "a stop is asked for twice"
    page.get_by_role("button", name="Stop", exact=True).click()
    page.keyboard.press("Enter")
    assert page.evaluate("window.asked.command") == "stop"
    page.get_by_label("Limit: iterations").fill("8")
    page.keyboard.press("Tab")
    assert page.evaluate("[window.asked.command, window.asked.text]") == ["set", "iterations=8"]


def test_what_a_person_has_set_outlives_the_view(page: Page, tmp_path: Path, run: RunDirectory) -> None:
    values = shown(run)
    values["iterations"]["metrics"]["accuracy"] = values["iterations"]["metrics"]["auroc"] | {"label": "accuracy"}
    open_dashboard(page, tmp_path, values)
    page.get_by_label("Which metric").select_option("accuracy")
    page.get_by_role("button", name="train", exact=True).click()
    page.get_by_role("button", name="k-mers of each strand, logistic regression").last.click()
    page.locator("summary", has_text="Data").click()
    line = page.get_by_label("Tell the agent something")
    line.fill("half a thought")
    line.evaluate("line => line.setSelectionRange(2, 4)")
    page.evaluate("window.draw()")
    assert page.get_by_label("Which metric").input_value() == "accuracy"
    assert page.locator("th[aria-sort=descending]").inner_text() == "train"
    assert page.get_by_role("button", name="k-mers of each strand").last.get_attribute("aria-expanded") == "true"
    assert page.locator(".agd-data").get_attribute("open") is not None
    page.keyboard.type("XX")
    assert page.get_by_label("Tell the agent something").input_value() == "haXX a thought"


def test_the_curve_is_walked_and_entered_by_keyboard(page: Page, tmp_path: Path, run: RunDirectory) -> None:
    heading = ev.CellStarted(cell="h-1", cell_type="markdown", role="heading", source="## Iteration 1 · x", iteration=1)
    open_dashboard(page, tmp_path, shown(run, heading))
    page.evaluate("document.addEventListener('agentomics-jump', event => { window.jumped = event.detail })")
    page.get_by_role("img", name="AUROC by iteration").focus()
    page.keyboard.press("ArrowLeft")
    tip = page.locator(".agd-tip")
    assert "Iteration 1 ★ · 3-mer × 3-mer cross features" in tip.inner_text()
    page.keyboard.press("ArrowLeft")
    assert "Iteration 0" in tip.inner_text()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.evaluate("window.jumped") == {"run": "genes-1", "cell": "h-1"}
    page.get_by_role("button", name="Go to the cells of iteration 1").click()
    assert page.evaluate("window.jumped.cell") == "h-1"


def test_news_arrive_in_place_and_nothing_overflows_a_narrow_page(
    page: Page, tmp_path: Path, run: RunDirectory
) -> None:
    page.set_viewport_size({"width": 340, "height": 900})
    open_dashboard(page, tmp_path, shown(run))
    row = page.get_by_role("row", name="best so far").element_handle()
    more = values_of(run, timed([started(), *iteration(0), *iteration(1), *iteration(2)]), now=STARTED + 130)
    for name in ("board", "iterations", "reflections"):
        page.evaluate("([name, value]) => window.tell(name, value)", [name, more[name]])
    assert page.get_by_role("row", name="best so far").get_by_role("cell").nth(1).inner_text().startswith("▸ stems")
    assert row is not None
    assert not row.is_visible() or "best" not in (row.get_attribute("class") or "")
    assert "after iteration 2" in page.locator(".agd-reflections").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 340
