"""Which language model, where, and on which terms: from options, the environment, and a small profile file."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agentomics_nb.environment import holds_secret
from agentomics_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentomics_nb.options import RunOptions

Api = Literal["chat", "responses"]
Privacy = Literal["schema", "samples", "full"]

OPENAI_URL = "https://api.openai.com/v1"
ADDRESSES = {
    "openai": OPENAI_URL,
    "openrouter": "https://openrouter.ai/api/v1",
    "ollama": "http://127.0.0.1:11434/v1",
    "lmstudio": "http://127.0.0.1:1234/v1",
    "vllm": "http://127.0.0.1:8000/v1",
    "llamacpp": "http://127.0.0.1:8080/v1",
}
"""``--llm ollama:qwen3:8b`` is short for ``--llm qwen3:8b --base-url http://127.0.0.1:11434/v1``."""
KEY_NAMES = {
    "api.openai.com": "OPENAI_API_KEY",
    "openrouter.ai": "OPENROUTER_API_KEY",
    "api.anthropic.com": "ANTHROPIC_API_KEY",
    "api.cerebras.ai": "CEREBRAS_API_KEY",
    "api.deepseek.com": "DEEPSEEK_API_KEY",
    "api.fireworks.ai": "FIREWORKS_API_KEY",
    "api.groq.com": "GROQ_API_KEY",
    "api.mistral.ai": "MISTRAL_API_KEY",
    "api.together.xyz": "TOGETHER_API_KEY",
    "api.x.ai": "XAI_API_KEY",
    "generativelanguage.googleapis.com": "GEMINI_API_KEY",
    "integrate.api.nvidia.com": "NVIDIA_API_KEY",
    "router.huggingface.co": "HF_TOKEN",
}
"""Each host gets its own key and no other; AGENTOMICS_API_KEY is for whatever endpoint was named."""
REPLAY = "replay:"
PROFILE_VARIABLE = "AGENTOMICS_PROFILES"
REMOTE_TIMEOUT = 120.0
THINKING_TIMEOUT = 300.0
"""Behind a responses endpoint models may think for minutes without a word."""
LOCAL_TIMEOUT = 600.0
"""A local model may read a long prompt for minutes before its first word."""


class Price(BaseModel):
    """USD per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0)
    cached: float = Field(ge=0)
    output: float = Field(ge=0)
    source: str = "given"
    """Where it comes from, for the person."""

    def of(self, tokens_in: int, cached: int, tokens_out: int) -> float:
        """Return USD for a request; `cached` counts within `tokens_in`."""
        fresh = max(0, tokens_in - cached)
        return (fresh * self.input + cached * self.cached + tokens_out * self.output) / 1e6


class ModelChoice(BaseModel):
    """The language model of a run; ``run.json`` keeps it, and never a key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """As the endpoint knows it; ``replay:RUN`` for a recorded conversation."""
    base_url: str
    api: Api
    key_name: str | None = None
    """The environment variable, or the entry in the keyring, that holds the key."""
    price: Price | None = None
    """None where it is not known: spending cannot be counted then."""
    context: int | None = None
    """Tokens that a request and its answer may have together, where known."""
    max_output: int = 8192
    """Tokens that an answer may have."""
    timeout: float = REMOTE_TIMEOUT
    """Seconds without a sign of life after which an attempt is given up."""
    patience: float = 600.0
    """Seconds for which an endpoint that fails is tried again."""
    requests_per_step: int = 100
    """After so many a step goes to the offline recipes."""
    vision: bool = True
    """Whether figures may be shown to it."""
    privacy: Privacy = "samples"

    @property
    def replayed(self) -> str | None:
        """The run whose conversation is replayed; None for a model."""
        return self.name.removeprefix(REPLAY) if self.name.startswith(REPLAY) else None

    @property
    def host(self) -> str:
        """Host of the address."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def on_this_machine(self) -> bool:
        """Whether nothing that is sent leaves the machine."""
        return self.replayed is not None or is_loopback(self.base_url)


class _Profile(BaseModel):
    """One table of the profile file."""

    model_config = ConfigDict(extra="forbid")

    model: str
    base_url: str | None = None
    api: Api | None = None
    key_name: str | None = None
    price: Price | None = None
    context: int | None = Field(default=None, ge=2048)
    max_output: int | None = Field(default=None, ge=256)
    timeout: float | None = Field(default=None, gt=0)
    patience: float | None = Field(default=None, ge=0)
    requests_per_step: int | None = Field(default=None, ge=1)
    vision: bool | None = None
    privacy: Privacy | None = None


def choose_model(options: RunOptions, environ: Mapping[str, str]) -> ModelChoice | None:
    """Return the model that was named; None if none was, whatever keys there are.

    Raises
    ------
    InputError
        If the address, the profile file or the budget cannot be used.
    """
    name = options.llm or environ.get("AGENTOMICS_LLM", "").strip()
    if not name:
        names = ("base_url", "api", "budget", "price", "privacy", "show_prompt")
        given = {f"--{name.replace('_', '-')}": getattr(options, name) or None for name in names}
        for flag, value in given.items():
            if value is not None:
                raise InputError(f"{flag} needs a model: name one with --llm NAME.")
        return None
    if name.startswith(REPLAY):
        return ModelChoice(
            name=name, base_url="", api="chat", price=_nothing("replayed"), privacy=options.privacy or "full"
        )
    choice = _choice(name, options, environ)
    if options.budget is not None and choice.price is None:
        raise InputError(
            f"No price is known for {choice.name} at {choice.host}, so --budget cannot be kept; give it in USD per "
            f"million tokens with --price INPUT/OUTPUT, or in {profiles_file(environ)}."
        )
    return choice


def _choice(name: str, options: RunOptions, environ: Mapping[str, str]) -> ModelChoice:
    profile = _profiles(environ).get(name) or _Profile(model=name)
    model, address = profile.model, profile.base_url
    host, colon, rest = model.partition(":")
    if colon and rest and host in ADDRESSES and address is None:
        model, address = rest, ADDRESSES[host]
    address = options.base_url or address or environ.get("AGENTOMICS_BASE_URL")
    base_url = _checked_address(address or environ.get("OPENAI_BASE_URL") or OPENAI_URL)
    local = is_loopback(base_url)
    known = _listed(model, base_url) if not local else None
    price = options.price or profile.price or (_nothing("on this machine") if local else known and known[0])
    api: Api = options.api or profile.api or ("responses" if _host(base_url) == "api.openai.com" else "chat")
    given: dict[str, Any] = {
        "api": api,
        "key_name": profile.key_name or _key_name(base_url, environ, conventional=address is None),
        "price": price,
        "context": profile.context or (known and known[1]),
        "timeout": profile.timeout or _usual_timeout(api, local=local),
        "privacy": options.privacy or profile.privacy or ("full" if local else "samples"),
        "vision": profile.vision if profile.vision is not None else not local,
        "max_output": profile.max_output,
        "patience": profile.patience,
        "requests_per_step": profile.requests_per_step,
    }
    given = {field: value for field, value in given.items() if value is not None}
    return ModelChoice(name=model, base_url=base_url, **given)


def _usual_timeout(api: Api, *, local: bool) -> float:
    if local:
        return LOCAL_TIMEOUT
    return THINKING_TIMEOUT if api == "responses" else REMOTE_TIMEOUT


def parse_price(text: str) -> Price:
    """Return a price from ``INPUT/OUTPUT`` or ``INPUT/CACHED/OUTPUT``, USD per million tokens.

    Raises
    ------
    ValueError
        If it is neither.
    """
    try:
        numbers = [float(part) for part in text.split("/")]
    except ValueError:
        numbers = []
    if len(numbers) not in (2, 3) or not all(0 <= number < 1e6 for number in numbers):
        raise ValueError("give USD per million tokens as INPUT/OUTPUT, such as 0.25/2")
    return Price(input=numbers[0], cached=numbers[1] if len(numbers) == 3 else numbers[0], output=numbers[-1])


def is_loopback(base_url: str) -> bool:
    """Return whether an address is this machine."""
    host = _host(base_url)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_near(host: str) -> bool:
    """Whether a host is this machine or in a private network, where servers often ask for no key."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".lan")) or "." not in host


def profiles_file(environ: Mapping[str, str]) -> Path:
    """Return where profiles stand; AGENTOMICS_PROFILES puts them elsewhere."""
    given = environ.get(PROFILE_VARIABLE)
    if given:
        return Path(given).expanduser()
    import platformdirs

    return platformdirs.user_config_path("agentomics") / "models.toml"


def find_key(choice: ModelChoice, environ: Mapping[str, str]) -> str | None:
    """Return the key from the environment, else from the system's keyring; None where none is needed.

    Raises
    ------
    InputError
        If the endpoint is on another machine and no key is found.
    """
    if choice.replayed is not None or choice.key_name is None:
        return None
    key = environ.get(choice.key_name, "").strip()
    if not key and not choice.on_this_machine:
        key = (_from_keyring(choice.key_name) or "").strip()
    if key and choice.base_url.startswith("http:") and not _is_near(choice.host):
        raise InputError(f"{choice.base_url} would send {choice.key_name} unencrypted; use an https address.")
    if key or _is_near(choice.host):
        return key or None
    raise InputError(
        f"{choice.name} at {choice.host} needs a key: set {choice.key_name}, or store it with "
        f"`keyring set agentomics {choice.key_name}`."
    )


def _from_keyring(name: str) -> str | None:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return None
    try:
        return keyring.get_password("agentomics", name)
    except (keyring.errors.KeyringError, OSError, RuntimeError):
        return None


def _key_name(base_url: str, environ: Mapping[str, str], *, conventional: bool) -> str | None:
    """Return the variable that holds the key; `conventional` if the address is OpenAI's or OPENAI_BASE_URL's."""
    if environ.get("AGENTOMICS_API_KEY"):
        return "AGENTOMICS_API_KEY"
    host = _host(base_url)
    known = next((name for known, name in KEY_NAMES.items() if host == known), None)
    if known or conventional:
        return known or "OPENAI_API_KEY"
    if is_loopback(base_url):
        return None
    return re.sub(r"\W+", "_", host.removeprefix("api.")).upper().strip("_") + "_API_KEY"


def _listed(model: str, base_url: str) -> tuple[Price | None, int | None] | None:
    """Return price and context from the list that genai-prices brings along; it is read, never fetched."""
    from datetime import UTC, datetime

    import genai_prices
    from genai_prices import data_snapshot

    try:
        _, found = data_snapshot.get_snapshot().find_provider_model(model, None, None, base_url)
        prices = found.get_prices(datetime.now(UTC))
    except LookupError:
        return None
    values = [getattr(prices, name, None) for name in ("input_mtok", "cache_read_mtok", "output_mtok")]
    # A price with tiers is dearer for long requests: the dearest tier keeps the budget a hard one.
    dear = [None if value is None else _dearest(value) for value in values]
    if dear[0] is None or dear[2] is None:
        return None, found.context_window
    cached = dear[1] if dear[1] is not None else dear[0]
    source = f"list of genai-prices {genai_prices.__version__}"
    return Price(input=dear[0], cached=cached, output=dear[2], source=source), found.context_window


def _dearest(value: Any) -> float:
    tiers = getattr(value, "tiers", None)
    return float(value) if tiers is None else max(float(value.base), *(float(tier.price) for tier in tiers))


def _nothing(source: str) -> Price:
    return Price(input=0, cached=0, output=0, source=source)


def _profiles(environ: Mapping[str, str]) -> dict[str, _Profile]:
    path = profiles_file(environ)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if environ.get(PROFILE_VARIABLE):
            raise InputError(f"{path}, named by {PROFILE_VARIABLE}, does not exist.") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    if holds_secret(text):
        raise InputError(
            f"{path} holds something that looks like a key; keep keys in the environment or the keyring, "
            "and give the variable's name as key_name."
        )
    try:
        return {name: _Profile.model_validate(table) for name, table in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is no TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from None


def _checked_address(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"--base-url {address!r} is no address; give one such as http://127.0.0.1:11434/v1.")
    if parts.username or parts.password:
        raise InputError("--base-url must not hold a user or password; set the key in the environment.")
    return address.rstrip("/")


def _host(base_url: str) -> str:
    return (urlsplit(base_url).hostname or "").lower()


def proxies(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that lead through a proxy; they may hold a password."""
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    return {name: environ[name] for each in names for name in (each, each.lower()) if environ.get(name)}
