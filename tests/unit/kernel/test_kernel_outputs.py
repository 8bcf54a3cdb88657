from __future__ import annotations

import json
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentomics_nb.journal.outputs import apply_changes, changes_between
from agentomics_nb.kernel.outputs import MOST_CHARACTERS, MOST_OUTPUTS, Displays, Outputs


def stream(text: str, name: str = "stdout") -> tuple[str, dict[str, Any]]:
    return "stream", {"name": name, "text": text}


def display(data: dict[str, Any], display_id: str | None = None) -> tuple[str, dict[str, Any]]:
    return "display_data", {"data": data, "metadata": {}, "transient": {"display_id": display_id}}


def update(data: dict[str, Any], display_id: str) -> tuple[str, dict[str, Any]]:
    return "update_display_data", {"data": data, "metadata": {}, "transient": {"display_id": display_id}}


def clear(*, wait: bool) -> tuple[str, dict[str, Any]]:
    return "clear_output", {"wait": wait}


def result(value: str) -> tuple[str, dict[str, Any]]:
    return "execute_result", {"data": {"text/plain": value}, "metadata": {}, "execution_count": 3}


def error(traceback: list[str]) -> tuple[str, dict[str, Any]]:
    return "error", {"ename": "ValueError", "evalue": "no", "traceback": traceback}


def folded(*messages: tuple[str, dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
    outputs = Outputs(**options)
    for kind, content in messages:
        outputs.take(kind, content)
    outputs.close()
    return outputs.snapshot()


def assert_valid(outputs: list[dict[str, Any]]) -> None:
    cell = nbformat.v4.new_code_cell("", outputs=json.loads(json.dumps(outputs)))
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


def test_text_of_one_stream_is_one_output():
    assert folded(stream("a"), stream("b\n"), stream("c")) == [
        {"output_type": "stream", "name": "stdout", "text": "ab\nc"}
    ]


def test_streams_that_alternate_stay_in_order():
    outputs = folded(stream("a"), stream("b", "stderr"), stream("c"))
    assert [(output["name"], output["text"]) for output in outputs] == [
        ("stdout", "a"),
        ("stderr", "b"),
        ("stdout", "c"),
    ]


def test_a_display_between_ends_the_text_before_it():
    outputs = folded(stream("10%"), display({"text/plain": "figure"}), stream("\r20%"))
    assert [output.get("text") for output in outputs] == ["10%", None, "20%"]


def test_an_update_replaces_the_display_where_it_stands():
    outputs = folded(display({"text/plain": "1"}, "bar"), stream("x"), update({"text/plain": "2"}, "bar"))
    assert outputs[0]["data"] == {"text/plain": "2"}
    assert len(outputs) == 2


def test_an_update_of_an_unknown_display_shows_nothing():
    assert folded(update({"text/plain": "2"}, "bar")) == []


def test_an_update_reaches_a_display_of_an_earlier_cell():
    displays = Displays()
    folded(stream("x"), display({"text/plain": "1"}, "bar"), displays=displays, cell=1)
    later = Outputs(displays=displays, cell=3)
    later.take(*update({"text/plain": "2"}, "bar"))
    [change] = later.changes()
    assert change["op"] == "update_earlier"
    assert (change["cells_back"], change["index"]) == (2, 1)
    assert change["output"]["data"] == {"text/plain": "2"}
    assert later.snapshot() == []
    assert later.changes() == []


def test_clearing_with_wait_keeps_the_old_until_something_new_comes():
    assert len(folded(stream("old"), clear(wait=True))) == 1
    assert folded(stream("old"), clear(wait=True), result("new"))[0]["data"] == {"text/plain": "new"}
    assert folded(stream("old"), clear(wait=False)) == []


def test_a_cleared_display_is_not_updated_in_the_place_of_another():
    outputs = folded(
        display({"text/plain": "1"}, "bar"),
        clear(wait=False),
        stream("x"),
        update({"text/plain": "2"}, "bar"),
    )
    assert outputs == [{"output_type": "stream", "name": "stdout", "text": "x"}]


def test_secrets_never_show_even_in_two_pieces(tmp_path):
    secret = "hunter2-hunter2"
    outputs = folded(
        stream(f"a {secret}\n"),
        stream("b hunter2-"),
        stream("hunter2\n"),
        display({"text/html": f"<b>{secret}</b>", "application/json": {secret: [secret]}}),
        error([f"line {secret}"]),
        stream(f"{secret}\n" * 10_000),
        secrets=[secret],
        text_file=tmp_path / "full.txt",
    )
    assert "hunter2" not in json.dumps(outputs)
    assert "[secret]" in json.dumps(outputs)
    assert "hunter2" not in (tmp_path / "full.txt").read_text("utf-8")


def test_text_that_is_cut_is_in_the_file_to_the_last_character(tmp_path):
    file = tmp_path / "texts" / "7.txt"
    lines = [f"é {number}\n" for number in range(30_000)]
    outputs = folded(*map(stream, lines), stream("no line end"), text_file=file, text_name="texts/7.txt")
    assert file.read_text("utf-8") == "".join(lines) + "no line end"
    assert "characters left out; the full text is in texts/7.txt" in outputs[0]["text"]


def test_no_file_appears_for_text_that_is_kept(tmp_path):
    folded(stream("short\n" * 100), text_file=tmp_path / "full.txt")
    assert list(tmp_path.iterdir()) == []


def test_an_image_that_is_too_large_gives_way_to_a_line_of_text():
    note = "[image/png of 1 MB left out: a cell keeps 1 MB of outputs]"
    image = "A" * (MOST_CHARACTERS + 1)
    assert folded(display({"image/png": image}))[0]["data"] == {"text/plain": note}
    [output] = folded(display({"image/png": image, "text/plain": "<Figure>"}))
    assert output["data"] == {"text/plain": f"<Figure>\n{note}"}
    assert_valid([output])


def test_a_thousand_outputs_stay_within_the_bounds_and_the_error_still_shows(tmp_path):
    messages = [display({"image/png": "A" * 50_000}) for _ in range(100)]
    messages += [stream(f"{number}\n", name) for number in range(500) for name in ("stdout", "stderr")]
    outputs = folded(*messages, error(["why"]), text_file=tmp_path / "full.txt", text_name="full.txt")
    assert len(json.dumps(outputs)) < 1.1 * MOST_CHARACTERS
    assert len(outputs) <= MOST_OUTPUTS + 1
    assert outputs[-1]["output_type"] == "error"
    assert "further outputs left out" in outputs[-2]["text"]
    assert (tmp_path / "full.txt").read_text().endswith("499\n499\n")


def test_an_endless_traceback_keeps_its_beginning_and_its_end():
    [output] = folded(error(["first"] + ["x" * 1000] * 1000 + ["last"]))
    text = "\n".join(output["traceback"])
    assert len(text) < 60_000
    assert text.startswith("first")
    assert text.endswith("last")


def test_half_a_surrogate_pair_can_be_written_to_a_file():
    [output] = folded(stream("a\ud800b"))
    assert output["text"].encode("utf-8")


_DATA = st.dictionaries(st.sampled_from(["text/plain", "text/html"]), st.text(max_size=8), min_size=1)
_MESSAGES = st.one_of(
    st.builds(stream, st.text(st.sampled_from("ab\n\r\bü"), max_size=10), st.sampled_from(["stdout", "stderr"])),
    st.builds(stream, st.integers(1, 30_000).map(lambda n: "0123456789\n" * (n // 10))),
    st.builds(display, _DATA, st.sampled_from([None, "one", "two"])),
    st.builds(update, _DATA, st.sampled_from(["one", "two"])),
    st.builds(clear, wait=st.booleans()),
    st.builds(result, st.text(max_size=5)),
    st.just(error(["line"])),
    st.none(),
)


@given(st.lists(_MESSAGES, max_size=25))
def test_the_changes_give_the_outputs_wherever_they_are_taken(messages):
    outputs, seen = Outputs(), []
    for message in messages:
        if message is None:
            seen = apply_changes(seen, json.loads(json.dumps(outputs.changes())))
        else:
            outputs.take(*message)
    outputs.close()
    seen = apply_changes(seen, outputs.changes(live=False))
    assert seen == outputs.snapshot()
    assert_valid(seen)


def test_text_that_grows_is_told_as_what_was_added():
    before = [{"output_type": "stream", "name": "stdout", "text": "epoch 1\n"}]
    after = [{"output_type": "stream", "name": "stdout", "text": "epoch 1\nepoch 2\n"}]
    assert changes_between(before, after) == [{"op": "append_text", "index": 0, "text": "epoch 2\n"}]


def test_a_progress_bar_is_told_as_its_last_line():
    outputs = Outputs()
    outputs.take(*stream("long\n" * 100 + "10%"))
    outputs.changes()
    outputs.take(*stream("\r15%"))
    assert outputs.changes() == [{"op": "replace_tail", "index": 0, "keep": 501, "text": "5%"}]


@pytest.mark.parametrize("kind", ["status", "comm_open", "debug_event"])
def test_messages_that_show_nothing_change_nothing(kind):
    assert folded((kind, {"execution_state": "busy", "comm_id": "1"})) == []
