from __future__ import annotations

import pytest

from agentomics_nb.errors import InputError
from agentomics_nb.options import parse
from agentomics_nb.planner.llm import model
from agentomics_nb.planner.llm.model import choose_model, find_key

SECRET = "sk-" + "a1B2c3D4e5F6" * 3


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(model, "_from_keyring", lambda name: None)


def chosen(line, **environ):
    return choose_model(parse(f"data.csv {line}"), environ)


def profiles(tmp_path, text):
    path = tmp_path / "models.toml"
    path.write_text(text, encoding="utf-8")
    return {"AGENTOMICS_PROFILES": str(path)}


def test_a_key_alone_chooses_nothing():
    assert chosen("", OPENAI_API_KEY=SECRET, OPENROUTER_API_KEY=SECRET, OPENAI_BASE_URL="http://127.0.0.1:1/v1") is None


def test_openai_is_asked_through_responses_and_others_through_chat():
    ours = chosen("--llm gpt-5-mini")
    assert (ours.base_url, ours.api, ours.key_name) == ("https://api.openai.com/v1", "responses", "OPENAI_API_KEY")
    assert ours.price.input > 0
    assert ours.context > 100_000
    assert chosen("--llm gpt-5-mini --api chat").api == "chat"
    router = chosen("--llm openrouter:openai/gpt-5-mini")
    assert (router.name, router.host, router.api) == ("openai/gpt-5-mini", "openrouter.ai", "chat")
    assert router.key_name == "OPENROUTER_API_KEY"


def test_a_name_with_a_colon_that_is_no_host_stays_whole():
    assert chosen("--llm qwen3:8b --base-url http://localhost:11434/v1").name == "qwen3:8b"
    local = chosen("--llm ollama:qwen3:8b")
    assert (local.name, local.base_url) == ("qwen3:8b", "http://127.0.0.1:11434/v1")


def test_a_model_on_this_machine_costs_nothing_needs_no_key_and_may_see_the_data():
    local = chosen("--llm m --base-url http://127.0.0.1:9/v1", OPENAI_API_KEY=SECRET)
    assert local.price.of(10**6, 0, 10**6) == 0
    assert local.privacy == "full"
    assert find_key(local, {"OPENAI_API_KEY": SECRET}) is None
    assert chosen("--llm gpt-5-mini").privacy == "samples"


def test_the_environment_names_model_and_address():
    found = chosen("", AGENTOMICS_LLM="m", OPENAI_BASE_URL="http://127.0.0.1:7/v1")
    assert (found.name, found.base_url, found.key_name) == ("m", "http://127.0.0.1:7/v1", "OPENAI_API_KEY")
    assert chosen("--llm other --base-url http://127.0.0.1:8/v1", AGENTOMICS_LLM="m").name == "other"


def test_each_host_gets_its_own_key_and_no_other():
    unknown = chosen("--llm m --base-url https://api.models.example/v1", OPENAI_API_KEY=SECRET)
    assert unknown.key_name == "MODELS_EXAMPLE_API_KEY"
    with pytest.raises(InputError, match="MODELS_EXAMPLE_API_KEY"):
        find_key(unknown, {"OPENAI_API_KEY": SECRET})
    assert find_key(unknown, {"MODELS_EXAMPLE_API_KEY": SECRET}) == SECRET
    given = chosen("--llm m --base-url https://api.models.example/v1", AGENTOMICS_API_KEY=SECRET)
    assert find_key(given, {"AGENTOMICS_API_KEY": SECRET}) == SECRET


def test_no_key_goes_over_the_net_unencrypted():
    plain = chosen("--llm m --base-url http://api.models.example/v1")
    with pytest.raises(InputError, match="unencrypted"):
        find_key(plain, {"MODELS_EXAMPLE_API_KEY": SECRET})
    near = chosen("--llm m --base-url http://192.168.1.9:8000/v1")
    assert find_key(near, {}) is None


def test_a_budget_without_a_known_price_is_refused_with_the_remedy():
    with pytest.raises(InputError, match="--price"):
        chosen("--llm m --base-url https://api.models.example/v1 --budget 1")
    priced = chosen("--llm m --base-url https://api.models.example/v1 --budget 1 --price 1/0.1/4")
    assert priced.price.of(1_000_000, 500_000, 250_000) == pytest.approx(0.5 + 0.05 + 1.0)


@pytest.mark.parametrize("line", ["--budget 1", "--base-url http://127.0.0.1:1/v1", "--privacy full", "--show-prompt"])
def test_options_of_a_model_need_a_model(line):
    with pytest.raises(InputError, match="--llm"):
        chosen(line)


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "ftp://host/v1", "http://me:secret@host/v1", "https://"])
def test_an_address_that_cannot_be_used_is_named(address):
    with pytest.raises(InputError, match="--base-url"):
        chosen(f"--llm m --base-url {address}")


def test_a_profile_gives_everything_and_options_override_it(tmp_path):
    environ = profiles(
        tmp_path,
        '[small]\nmodel = "qwen3:8b"\nbase_url = "http://127.0.0.1:11434/v1"\ncontext = 8192\nvision = true\n'
        "requests_per_step = 7\nprice = { input = 1, cached = 0.5, output = 2 }\n",
    )
    found = chosen("--llm small", **environ)
    assert (found.name, found.context, found.vision, found.requests_per_step) == ("qwen3:8b", 8192, True, 7)
    assert found.price.output == 2
    assert chosen("--llm small --base-url http://127.0.0.1:1/v1 --price 0/9", **environ).price.output == 9


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f'[m]\nmodel = "x"\nkey_name = "{SECRET}"\n', "looks like a key"),
        ('[m]\nmodel = "x"\ntemperature = 1\n', "temperature"),
        ("[m\n", "TOML"),
    ],
)
def test_a_profile_that_cannot_be_used_is_named(tmp_path, text, named):
    with pytest.raises(InputError, match=named) as caught:
        chosen("--llm m", **profiles(tmp_path, text))
    assert SECRET not in str(caught.value)


def test_a_profile_file_that_was_named_must_be_there(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        chosen("--llm m", AGENTOMICS_PROFILES=str(tmp_path / "absent.toml"))
