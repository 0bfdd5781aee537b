"""The reference of all settings, made from the code itself, so that it can't say anything else."""

import inspect
import re
import sys
from collections.abc import Mapping
from typing import Any

from vsrt_gui.model.settings import Settings, variable

_WORDS: Mapping[str, str] = {
    "manifest_url": "address or folder",
    "mirrors": "list of addresses or folders; in a variable with commas between them",
    "proxy_url": "`http://HOST:PORT`",
    "sentry_dsn": "`https://KEY@HOST/PROJECT`",
    "language": "such as `de` or `pt-BR`",
}
"""What a value looks like, where its type alone does not say."""
_DOCUMENTED = re.compile(r"^    (\w+): (.+)$", re.MULTILINE)


def meanings() -> Mapping[str, str]:
    """Return what each setting is for, as the model's own docstring says it."""
    text = (inspect.getdoc(Settings) or "").partition("Attributes:\n")[2]
    joined = re.sub(r"\n {8}", " ", text)
    return {name: words.rstrip(".") for name, words in _DOCUMENTED.findall(joined)}


def table() -> str:
    """Return all settings as a Markdown table."""
    schema = Settings.model_json_schema()
    said = meanings()
    rows = (
        f"| `{name}` | `{variable(name)}` | {_kind(name, schema)} | {_default(name)} | {said[name]} |"
        for name in Settings.model_fields
    )
    head = ["| setting | environment | value | usual value | meaning |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def _kind(name: str, schema: Mapping[str, Any]) -> str:
    if name in _WORDS:
        return _WORDS[name]
    field = schema["properties"][name]
    shape = next((one for one in field.get("anyOf", ()) if one.get("type") != "null"), field)
    if "$ref" in shape:
        return _several(schema["$defs"][shape["$ref"].rpartition("/")[2]]["enum"])
    match shape["type"]:
        case "boolean":
            return "`true` or `false`"
        case "integer" | "number":
            return _range(shape)
        case _:
            return "file" if name.endswith("_file") else "folder"


def _several(values: list[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _range(shape: Mapping[str, Any]) -> str:
    least = shape.get("minimum", shape.get("exclusiveMinimum", 0))
    kind = "whole number" if shape["type"] == "integer" else "number"
    above = "above" if "exclusiveMinimum" in shape else "from"
    most = f" to {shape['maximum']:.10g}" if "maximum" in shape else " on"
    return f"{kind} {above} {least:.10g}{most}"


def _default(name: str) -> str:
    value = Settings().model_dump(mode="json")[name]
    match value:
        case None | []:
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case float():
            return f"`{value:g}`"
        case _:
            return f"`{value}`"


def main() -> None:
    """Print the table."""
    sys.stdout.write(table() + "\n")


if __name__ == "__main__":
    main()
