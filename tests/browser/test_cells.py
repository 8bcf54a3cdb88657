"""The cells of a run appear in the open notebook: each once, in order, whatever the person does meanwhile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
import pytest

from tests.browser.notebook_page import LOAD, SHOWN, NotebookPage, differences, ids, joined
from tests.browser.scripted_run import ScriptedRun, stream, until

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def attach(run: str) -> str:
    return f"run = %agentomics attach {run}"


@pytest.mark.parametrize("application", ["lab/tree", "notebooks"])
def test_forty_cells_appear_once_and_in_order_while_the_person_types(
    page: Page, server: Server, application: str
) -> None:
    name = f"forty-{application.split('/')[0]}"
    server.notebook(f"{name}.ipynb", LOAD, attach(name), "mine = 1", "'below'")
    with ScriptedRun(server.directory, name) as run:
        notebook = NotebookPage(page, server, f"{name}.ipynb", application)
        notebook.attach()
        page.locator(".jp-MarkdownCell", has_text="a scripted idea").wait_for()

        editor = page.locator(".jp-CodeCell", has_text="mine = 1").locator(".cm-content").first
        editor.click()
        page.keyboard.press("End")
        for number in range(8):
            run.play(5, pause=0.02)
            page.keyboard.type(f" + {number}")
        assert page.locator(".jp-Notebook.jp-mod-editMode").count() == 1
        assert editor.inner_text() == "mine = 1" + "".join(f" + {number}" for number in range(8))
    notebook.wait_for_cells(name, run.run.log)
    cells = notebook.saved()
    assert [cell["source"] for cell in cells[:2]] == [LOAD, attach(name)]
    assert [cell["source"] for cell in cells[-2:]] == ["mine = 1" + "".join(f" + {n}" for n in range(8)), "'below'"]
    nbformat.validate(nbformat.read(notebook.path, as_version=4))


def test_cells_arrive_while_the_person_scrolls_folds_switches_tabs_and_renames_the_notebook(
    page: Page, server: Server
) -> None:
    server.notebook("roam.ipynb", LOAD, attach("roam"), "'mine'")
    server.notebook("other.ipynb", "'another notebook'", "2")
    with ScriptedRun(server.directory, "roam") as run:
        notebook = NotebookPage(page, server, "roam.ipynb")
        notebook.attach()
        run.play(6)
        page.mouse.move(700, 500)
        for direction in (900, -900):
            page.mouse.wheel(0, direction)
            run.play(4)
        heading = page.locator(".jp-MarkdownCell", has_text="a scripted idea")
        heading.scroll_into_view_if_needed()
        heading.click()
        heading.locator(".jp-collapseHeadingButton").click()
        run.play(4)
        page.locator(".jp-DirListing-item", has_text="other.ipynb").dblclick()
        page.locator(".jp-Notebook", has_text="another notebook").wait_for()
        run.play(6)
        page.locator(".lm-TabBar-tab", has_text="roam.ipynb").first.click()
        heading.locator(".jp-collapseHeadingButton").click()
        run.play(4)
        page.locator(".lm-MenuBar-item", has_text="File").click()
        page.locator(".lm-Menu-item", has_text="Rename Notebook").click()
        page.locator(".jp-Dialog input").fill("renamed.ipynb")
        page.keyboard.press("Enter")
        notebook.path = server.directory / "renamed.ipynb"
        until(notebook.path.exists)
        run.play(8)
    notebook.wait_for_cells("roam", run.run.log)
    assert [cell["source"] for cell in notebook.saved()][-1] == "'mine'"
    assert not (server.directory / "roam.ipynb").exists()


def test_a_page_without_the_labextension_says_so_and_points_to_the_log(page: Page, server: Server) -> None:
    page.route("**/extensions/agentomics-nb/**", lambda route: route.abort())
    server.notebook("without.ipynb", LOAD, attach("without"))
    with ScriptedRun(server.directory, "without") as run:
        notebook = NotebookPage(page, server, "without.ipynb")
        notebook.attach()
        run.play(3)
        status = page.locator(SHOWN)
        status.get_by_text("Install agentomics-nb in the Jupyter server's environment").wait_for()
        assert "agentomics_runs/without/log.ipynb" in status.inner_text()
    assert notebook.agent_cells("without") == []


def test_a_reload_in_mid_cell_and_a_closed_tab_lose_nothing_and_edits_and_deletions_hold(
    page: Page, server: Server
) -> None:
    server.notebook("left.ipynb", LOAD, attach("left"), "'mine'")
    with ScriptedRun(server.directory, "left") as run:
        notebook = NotebookPage(page, server, "left.ipynb")
        notebook.attach()
        run.play(4)
        gone = run.code("echo to be deleted")
        edited = run.code("echo to be edited", [stream("to be edited\n")])
        notebook.delete(gone)
        notebook.type_in(edited, " or not")

        half = run.start("%%bash\nslowly")
        run.change(half, {"op": "add", "output": stream("first half\n")})
        page.get_by_text("first half").wait_for()
        run.end_step()  # saves
        until(lambda: half in [cell["id"] for cell in notebook.agent_cells("left")])
        notebook.open()
        run.change(half, {"op": "append_text", "index": 0, "text": "second half\n"})
        page.locator(".jp-Notebook").get_by_text("second half").wait_for()
        run.finish(half)

        page.goto("about:blank")
        run.play(6)
        run.begin_iteration(1)
        run.play(6)
        notebook.open()
        page.get_by_role("heading", name="Iteration 1").first.wait_for()
    log = {cell["id"]: cell for cell in joined(run.run.log)}
    until(lambda: ids(notebook.agent_cells("left")) == [name for name in log if name != gone])
    mine = {cell["id"]: cell for cell in notebook.agent_cells("left")}
    assert mine[edited]["source"] == "echo to be edited or not"
    assert mine[edited]["metadata"] == log[edited]["metadata"], "its hash is that of what the agent wrote"
    left = [name for name in mine if name != edited]
    assert differences([mine[name] for name in left], [log[name] for name in left]) == []
    assert [cell["source"] for cell in notebook.saved()][-1] == "'mine'"


def test_a_restarted_kernel_attaches_again_and_two_runs_keep_apart(page: Page, server: Server) -> None:
    server.notebook("two.ipynb", LOAD, attach("first"), attach("second"), "'mine'")
    with ScriptedRun(server.directory, "first") as first, ScriptedRun(server.directory, "second") as second:
        notebook = NotebookPage(page, server, "two.ipynb")
        notebook.attach()
        first.play(3)
        notebook.run(notebook.index_of(attach("second")))
        for _ in range(3):
            first.play(2)
            second.play(2)
        notebook.restart_kernel()
        first.play(2)
        second.play(3)
        notebook.run(0)
        notebook.run(notebook.index_of(attach("first")))
        notebook.run(notebook.index_of(attach("second")))
        first.play(3)
        second.play(3)
    notebook.wait_for_cells("first", first.run.log)
    notebook.wait_for_cells("second", second.run.log)
    order = [cell["metadata"].get("agentomics", {}).get("run") or cell["source"] for cell in notebook.saved()]
    assert list(dict.fromkeys(order)) == [LOAD, attach("first"), "first", attach("second"), "second", "'mine'"]
    assert page.locator(".jp-Dialog").count() == 0


def test_of_two_tabs_one_writes_and_the_other_follows_when_it_is_closed(browser: Browser, server: Server) -> None:
    server.notebook("tabs.ipynb", LOAD, attach("tabs"))
    context = browser.new_context()
    with ScriptedRun(server.directory, "tabs") as run:
        one = NotebookPage(context.new_page(), server, "tabs.ipynb")
        one.attach()
        run.play(5)
        run.end_step()
        until(lambda: len(one.agent_cells("tabs")) == run.made)
        other = NotebookPage(context.new_page(), server, "tabs.ipynb", "notebooks")
        run.play(4)
        run.end_step()
        until(lambda: len(one.agent_cells("tabs")) == run.made)
        assert other.page.locator(".jp-Notebook .jp-Cell").count() < one.page.locator(".jp-Notebook .jp-Cell").count()
        one.page.close()
        other.agent_cell(run.code("echo over here now")).wait_for()
        run.play(2)
    other.wait_for_cells("tabs", run.run.log)
    context.close()


def test_cells_wait_and_are_run_edited_skipped_by_mouse_and_by_keyboard_and_rejected_afterwards(
    page: Page, server: Server
) -> None:
    server.notebook("review.ipynb", "'before'", LOAD, attach("review"), "'after'")
    before = joined(server.directory / "review.ipynb")
    with ScriptedRun(server.directory, "review") as run:
        notebook = NotebookPage(page, server, "review.ipynb")
        notebook.run(1)
        notebook.run(2)

        cell = run.propose("echo by mouse")
        waiting = notebook.agent_cell(cell)
        waiting.get_by_role("button", name="Run", exact=True).click()
        run.carry_out_decision(cell)
        waiting.get_by_text("ran echo by mouse").wait_for()
        waiting.get_by_text("approved by").wait_for()

        cell = run.propose("echo edited")
        waiting = notebook.agent_cell(cell)
        waiting.get_by_role("button", name="Edit then run").click()
        page.keyboard.press("Control+End")
        page.keyboard.type(" by me")
        waiting.get_by_role("button", name="Run as edited").click()
        assert run.carry_out_decision(cell).text == "echo edited by me"
        waiting.get_by_text("ran echo edited by me").wait_for()

        cell = run.propose("echo by keyboard")
        page.locator(".agentomics-StatusItem", has_text="waits for you").click()
        notebook.agent_cell(cell).get_by_role("button", name="Skip").wait_for()
        page.keyboard.press("Control+Alt+Enter")
        run.carry_out_decision(cell)
        notebook.agent_cell(cell).get_by_text("ran echo by keyboard").wait_for()

        cell = run.propose("echo skipped")
        notebook.command("Go to the Current Cell of the Run")
        notebook.agent_cell(cell).get_by_role("button", name="Skip").wait_for()
        page.keyboard.press("Control+Alt+k")
        assert run.carry_out_decision(cell).command == "reject"
        notebook.agent_cell(cell).get_by_text("skipped by").wait_for()

        stopped = run.propose("echo stopped")
        notebook.command("Go to the Current Cell of the Run")
        notebook.agent_cell(stopped).get_by_role("button", name="Stop the run").focus()
        page.keyboard.press("Enter")
        assert run.carry_out_decision(stopped).command == "stop"
        run.begin_iteration(1)
        last = run.code("echo second")
    until(lambda: len(notebook.agent_cells("review")) == run.made)
    reviews = [cell["metadata"]["agentomics"]["review"] for cell in notebook.agent_cells("review")]
    assert [review and review["decision"] for review in reviews][:5] == [None, "run", "edit", "run", "skip"]
    assert reviews[1]["by"]

    first = {cell.id for cell in run.state.cells.values() if cell.iteration == 0}
    notebook.agent_cell(stopped).locator(".jp-InputPrompt").first.click()
    kept = without(notebook.path, first)
    notebook.command("Reject This Iteration of the Agent")
    until(lambda: not first & set(ids(notebook.agent_cells("review"))))
    assert notebook.path.read_text() == kept
    notebook.agent_cell(last).locator(".jp-InputPrompt").first.click()
    kept = without(notebook.path, set(run.state.cells))
    notebook.command("Reject This Run of the Agent")
    until(lambda: notebook.agent_cells("review") == [])
    assert notebook.path.read_text() == kept, "every byte of the person's own is as it was"
    mine = notebook.saved()
    assert [mine[0], mine[3]] == [before[0], before[3]]
    assert [cell["source"] for cell in mine] == [cell["source"] for cell in before]
    notebook.open()
    page.wait_for_timeout(1500)
    assert ids(notebook.saved()) == ids(mine), "what was rejected does not come back"
    assert page.locator("[data-agentomics-cell]").count() == 0


def without(path: Path, cells: set[str]) -> str:
    """The text of a notebook file as it would be without these cells, and with nothing else changed."""
    document = json.loads(path.read_text())
    document["cells"] = [cell for cell in document["cells"] if cell["id"] not in cells]
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def test_stop_reaches_the_engine_while_the_kernel_is_busy_with_the_persons_own_cell(page: Page, server: Server) -> None:
    server.notebook("busy.ipynb", LOAD, attach("busy"), "import time\ntime.sleep(30)")
    with ScriptedRun(server.directory, "busy") as run:
        notebook = NotebookPage(page, server, "busy.ipynb")
        notebook.attach()
        run.code("echo before")
        notebook.agent_cell(run.code("echo here")).wait_for()
        sleeping = page.locator(".jp-CodeCell", has_text="time.sleep")
        sleeping.locator(".cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        until(lambda: sleeping.locator(".jp-InputPrompt").first.inner_text() == "[*]:")
        notebook.agent_cell(run.code("echo meanwhile")).wait_for()
        page.get_by_role("button", name="Stop run").click()
        until(lambda: run.commands() == ["stop"], 5)
        page.get_by_text("its best model so far is kept").wait_for()
        assert sleeping.locator(".jp-InputPrompt").first.inner_text() == "[*]:"


def test_html_and_scripts_of_the_agent_are_not_trusted_and_the_person_keeps_their_trust(
    page: Page, server: Server
) -> None:
    mine = "from IPython.display import HTML\nHTML('<script>window.mine = 1</script><b>my own</b>')"
    server.notebook("trust.ipynb", LOAD, attach("trust"), mine)
    script = "<script>window.evil=1</script>"
    evil = {
        "text/html": f"<b>table</b><img src='http://127.0.0.1:9/x.png' onerror='window.evil=1'>{script}",
        "application/javascript": "window.evil = 1",
        "image/svg+xml": "<svg onload='window.evil=1'/>",
    }
    with ScriptedRun(server.directory, "trust") as run:
        notebook = NotebookPage(page, server, "trust.ipynb")
        notebook.run(2)
        notebook.attach()
        run.code("show()", [{"output_type": "display_data", "data": evil, "metadata": {}}], role="python")
        run.text("<script>window.evil = 1</script><img src=x onerror='window.evil=1'>")
        page.locator(".jp-OutputArea b", has_text="table").wait_for()
        run.end_step()
        until(lambda: len(notebook.agent_cells("trust")) == run.made)
    notebook.open()
    page.locator(".jp-OutputArea b", has_text="my own").wait_for()
    assert page.evaluate("window.mine") == 1, "the person's own script runs when the notebook is opened again"
    assert page.evaluate("window.evil") is None
    kinds = [set(output["data"]) for cell in notebook.agent_cells("trust") for output in cell.get("outputs", [])]
    assert kinds == [{"text/html"}]
