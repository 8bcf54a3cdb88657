from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from agentomics_nb.kernel.terminal import HEAD, TAIL, StreamText


def shown(*pieces: str, tail: int = TAIL) -> str:
    stream = StreamText(lambda text: None)
    for piece in pieces:
        stream.write(piece)
    return stream.text(lambda characters: f"<{characters}>", tail)


def as_jupyterlab_shows(text: str) -> str:
    """The algorithm of JupyterLab's output area, on the whole text, slow and plain."""
    screen, cursor = "", 0
    for character in text:
        if character == "\n":
            screen += "\n"
            cursor = len(screen)
        elif character == "\r":
            while cursor > 0 and screen[cursor - 1] != "\n":
                cursor -= 1
        elif character == "\b":
            if cursor > 0 and screen[cursor - 1] != "\n":
                screen = screen[: cursor - 1] + screen[cursor + 1 :]
                cursor -= 1
        else:
            screen = screen[:cursor] + character + screen[cursor + 1 :]
            cursor += 1
    return screen


def test_a_progress_bar_overwrites_its_line():
    assert shown("start\n10%", "\r20%", "\r100%\ndone") == "start\n100%\ndone"


def test_a_shorter_text_leaves_the_rest_of_the_line_as_a_terminal_does():
    assert shown("abcdef\rxy") == "xycdef"


def test_windows_line_ends_do_not_empty_the_line():
    assert shown("one\r\ntwo\r\n") == "one\ntwo\n"


def test_a_backspace_removes_the_last_character_but_no_line_end():
    assert shown("ab\b") == "a"
    assert shown("a\n\b\bb") == "a\nb"


@given(st.lists(st.text(st.sampled_from("ab\n\r\bé"), max_size=12), max_size=12))
def test_text_in_pieces_is_shown_as_jupyterlab_shows_it(pieces):
    assert shown(*pieces) == as_jupyterlab_shows("".join(pieces))


@given(st.lists(st.text(st.sampled_from("ab\n\r"), max_size=12), max_size=12))
def test_finished_text_and_the_last_line_together_are_all_of_the_text(pieces):
    finished: list[str] = []
    stream = StreamText(finished.append)
    for piece in pieces:
        stream.write(piece)
    stream.close()
    assert "".join(finished) == as_jupyterlab_shows("".join(pieces))


def test_a_text_of_the_bound_is_kept_whole_and_one_character_more_is_not():
    whole = "x" * 99 + "\n"
    text = whole * ((HEAD + TAIL) // 100)
    assert shown(text) == text
    assert "<" in shown(text, "y")


def test_the_number_of_characters_left_out_is_exact():
    lines = [f"line {number}\n" for number in range(20_000)]
    for pieces in (lines, ["".join(lines)]):
        text = shown(*pieces)
        head, left_out, tail = re.fullmatch(r"(.*)\n<(\d+)>\n(.*)", text, re.DOTALL).groups()
        full = "".join(lines)
        assert full.startswith(head)
        assert full.endswith(tail)
        assert len(tail) == TAIL
        assert HEAD - 1 <= len(head) <= HEAD
        assert len(full) - HEAD - TAIL == int(left_out)


def test_a_running_cell_shows_a_shorter_end():
    text = shown("".join(f"line {number}\n" for number in range(20_000)), tail=100)
    assert len(text) < HEAD + 200
    assert text.endswith("line 19999\n")


def test_one_endless_line_is_bounded_and_reported_whole():
    finished: list[str] = []
    stream = StreamText(finished.append)
    for _ in range(100):
        stream.write("abcdefghij" * 1000)
    assert stream.kept <= HEAD + 2 * TAIL
    stream.close()
    assert "".join(finished) == "abcdefghij" * 100_000
