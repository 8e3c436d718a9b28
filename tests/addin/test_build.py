"""The built add-in: the committed file is what its sources build, and every part of it names what exists."""

from __future__ import annotations

import ast
import importlib
import inspect
import io
import re
import zipfile
from pathlib import Path

import pytest
from lxml import etree
from oletools.olevba import VBA_Parser

from cellgrad import udfs
from cellgrad.addin.build import TEMPLATE, XLWINGS_CHANGES, build, changed_xlwings, functions
from cellgrad.addin.commands import addin_commands
from cellgrad.addin.wrappers import functions_module
from cellgrad.cli import main
from cellgrad.errors import FileError
from cellgrad.functions.registry import FUNCTIONS
from cellgrad.hosts.settings import DEVICES, METHODS

SOURCES = Path(__file__).parents[2] / "addin"
NS = {"ui": "http://schemas.microsoft.com/office/2009/07/customui"}


@pytest.fixture(scope="module")
def built() -> bytes:
    return build(SOURCES)


@pytest.fixture(scope="module")
def modules(built: bytes) -> dict[str, str]:
    """The VBA as olevba, which knows nothing of how it was written, reads it: module -> source."""
    parser = VBA_Parser("cellgrad.xlam", data=built)
    found = {name.rpartition(".")[0]: code for _, _, name, code in parser.extract_macros()}
    parser.close()
    return found


@pytest.fixture(scope="module")
def ribbon(built: bytes) -> etree._Element:
    return etree.fromstring(zipfile.ZipFile(io.BytesIO(built)).read("customUI/customUI14.xml"))


def procedures(modules: dict[str, str]) -> dict[str, dict[str, str]]:
    """Module -> procedure -> its arguments as written."""
    pattern = re.compile(r"^\s*(?:Public |Private )?(?:Sub|Function) (\w+)\((.*)\)", re.MULTILINE)
    return {name: dict(pattern.findall(code)) for name, code in modules.items()}


# ---------------------------------------------------------------- the file


def test_the_committed_add_in_is_what_its_sources_build(built: bytes) -> None:
    assert (SOURCES / "cellgrad.xlam").read_bytes() == built, "run cellgrad addin build"


def test_building_twice_gives_the_same_bytes(built: bytes) -> None:
    assert build(SOURCES) == built


def test_olevba_lists_the_modules(modules: dict[str, str]) -> None:
    assert set(modules) == {
        "ThisWorkbook", "Sheet2", "Dictionary", "xlwings", "CellgradRibbon", "CellgradKeys", "CellgradAnswers",
        "CellgradFunctions",
    }  # fmt: skip


def test_every_part_is_known_to_the_package(built: bytes) -> None:
    package = zipfile.ZipFile(io.BytesIO(built))
    types = etree.fromstring(package.read("[Content_Types].xml"))
    defaults = {node.get("Extension") for node in types if node.tag.endswith("Default")}
    overrides = {node.get("PartName") for node in types if node.tag.endswith("Override")}
    for name in package.namelist():
        assert name == "[Content_Types].xml" or f"/{name}" in overrides or name.rpartition(".")[2] in defaults
        if name.endswith((".xml", ".rels")):
            etree.fromstring(package.read(name))
    assert {override[1:] for override in overrides} <= set(package.namelist())
    relations = {
        node.get("Target"): node.get("Type").rpartition("/")[2]
        for node in etree.fromstring(package.read("_rels/.rels"))
    }
    assert relations["customUI/customUI14.xml"] == "extensibility"
    assert set(relations) <= set(package.namelist())


def test_nobody_is_named_by_the_template(built: bytes) -> None:
    package = zipfile.ZipFile(io.BytesIO(built))
    for name in package.namelist():
        if name.endswith((".xml", ".rels")):
            assert not re.search(b"felix|myaddin", package.read(name), re.IGNORECASE), name


# ---------------------------------------------------------------- the ribbon

# What Microsoft's schema of customUI (2009/07) allows here: element -> (its children, its attributes).
COMMON = {"id", "label", "keytip", "screentip", "supertip"}
ALLOWED = {
    "customUI": ({"ribbon"}, set()),
    "ribbon": ({"tabs"}, set()),
    "tabs": ({"tab"}, set()),
    "tab": ({"group"}, {"id", "label", "keytip"}),
    "group": ({"button", "dropDown", "editBox"}, {"id", "label"}),
    "button": (set(), COMMON | {"onAction", "imageMso", "size"}),
    "dropDown": ({"item"}, COMMON | {"onAction", "getSelectedItemIndex", "sizeString"}),
    "editBox": (set(), COMMON | {"onChange", "getText", "sizeString", "maxLength"}),
    "item": (set(), {"id", "label"}),
}


def test_the_ribbon_follows_its_schema(ribbon: etree._Element) -> None:
    ids = []
    for node in ribbon.iter(etree.Element):
        tag = etree.QName(node)
        assert tag.namespace == NS["ui"]
        children, attributes = ALLOWED[tag.localname]
        assert {etree.QName(child).localname for child in node} <= children
        assert set(node.attrib) <= attributes
        ids += [node.get("id")] if node.get("id") else []
        for name, limit in (("label", 1024), ("screentip", 1024), ("supertip", 1024), ("keytip", 3)):
            assert 1 <= len(node.get(name, "x")) <= limit
        assert re.fullmatch(r"[A-Za-z_][\w.-]*", node.get("id", "x")), "an id is an NCName"
        if tag.localname in ("button", "dropDown", "editBox"):
            assert node.get("screentip") and len(node.get("supertip")) > 40, "every control says what it does"
    assert len(ids) == len(set(ids))
    keytips = [node.get("keytip") for node in ribbon.iter() if node.get("keytip") and not node.tag.endswith("tab")]
    assert len(keytips) == len(set(keytips))


SIGNATURES = {
    "button onAction": "control As IRibbonControl",
    "dropDown onAction": "control As IRibbonControl, id As String, index As Integer",
    "dropDown getSelectedItemIndex": "control As IRibbonControl, ByRef index As Variant",
    "editBox onChange": "control As IRibbonControl, text As String",
    "editBox getText": "control As IRibbonControl, ByRef text As Variant",
}
"""Microsoft: Customizing the Office Fluent ribbon for developers, part 3, callback signatures for VBA."""


def test_every_callback_of_the_ribbon_exists_in_vba(ribbon: etree._Element, modules: dict[str, str]) -> None:
    known = procedures(modules)
    found = 0
    for node in ribbon.iter(etree.Element):
        for attribute, callback in node.attrib.items():
            if attribute.startswith(("on", "get")):
                module, _, procedure = callback.partition(".")
                assert known[module][procedure] == SIGNATURES[f"{etree.QName(node).localname} {attribute}"]
                found += 1
    assert found >= 14


def test_the_choices_of_the_ribbon_are_the_engines(ribbon: etree._Element, modules: dict[str, str]) -> None:
    for control, function, choices in (("Method", "Methods", METHODS), ("Device", "Devices", DEVICES)):
        items = ribbon.xpath(f"//ui:dropDown[@id='cellgrad{control}']/ui:item/@id", namespaces=NS)
        assert items == [f"cellgrad{control}_{choice}" for choice in choices]
        in_vba = re.search(rf"{function} = Array\(([^)]*)\)", modules["CellgradRibbon"])
        assert in_vba
        assert ast.literal_eval(f"({in_vba[1].replace('_', '')})") == choices


def test_everything_that_the_macros_run_in_python_is_there(modules: dict[str, str]) -> None:
    calls = re.findall(r'RunPython "from cellgrad import (\w+); (\w+)\.(\w+)\(\)"', modules["CellgradRibbon"])
    assert len(calls) == modules["CellgradRibbon"].count("RunPython") == 7
    for imported, module, function in calls:
        assert imported == module
        assert callable(getattr(importlib.import_module(f"cellgrad.{module}"), function))


# ---------------------------------------------------------------- the functions

RESERVED = {
    "and", "as", "boolean", "byref", "byte", "byval", "call", "case", "const", "currency", "date", "declare", "dim",
    "do", "double", "each", "else", "elseif", "empty", "end", "enum", "eqv", "erase", "error", "event", "exit",
    "false", "for", "friend", "function", "get", "global", "gosub", "goto", "if", "imp", "implements", "in",
    "integer", "is", "let", "like", "long", "loop", "lset", "me", "mod", "new", "next", "not", "nothing", "null",
    "on", "option", "optional", "or", "paramarray", "preserve", "print", "private", "property", "public", "put",
    "raiseevent", "redim", "rem", "resume", "return", "rset", "select", "set", "single", "static", "step", "stop",
    "string", "sub", "then", "to", "true", "type", "typeof", "until", "variant", "wend", "while", "with", "write",
    "xor", "range", "array",
}  # fmt: skip
"""VBA's keywords, which cannot name an argument, and two names that the wrappers use."""


def test_every_function_of_ours_has_its_wrapper(modules: dict[str, str]) -> None:
    wrappers = {name: text for name, text in procedures(modules)["CellgradFunctions"].items() if name.startswith("CG_")}
    assert set(wrappers) == set(functions()) == {name for name in FUNCTIONS if name.startswith("CG_")}
    for name, text in wrappers.items():
        arguments = [part.removeprefix("Optional ") for part in text.split(", ")]
        signature = inspect.signature(getattr(udfs, name))
        assert arguments == list(signature.parameters)
        assert not RESERVED & {argument.lower() for argument in arguments}
        assert f'XLPy.CallUDF("cellgrad.udfs", "{name}", Array({", ".join(arguments)})' in modules["CellgradFunctions"]
        assert len(arguments) >= FUNCTIONS[name].minimum


def test_the_wrappers_have_lines_that_vba_can_hold(modules: dict[str, str]) -> None:
    for name, code in modules.items():
        if name.startswith("Cellgrad"):
            assert all(len(line) < 1024 for line in code.splitlines())
            assert code.isascii()


def test_help_is_as_long_as_excel_shows() -> None:
    for function in functions().values():
        assert all(0 < len(text) <= 255 for text in function.argument_help.values())
        assert list(function.argument_help) == list(inspect.signature(function).parameters)


def test_a_long_description_is_cut_between_words() -> None:
    def CG_LONG(x):  # type: ignore[no-untyped-def]
        """Word."""

    CG_LONG.__doc__ = 'say "it" ' * 60
    CG_LONG.argument_help = {"x": "a number"}  # type: ignore[attr-defined]
    described = re.search(r'Description:="((?:[^"]|"")*)"', functions_module({"CG_LONG": CG_LONG}))
    assert described
    text = described[1].replace('""', '"')
    assert 200 < len(text) <= 255
    assert text.endswith('"it"...')


# ---------------------------------------------------------------- what is changed in xlwings' module


def test_a_workbook_cannot_choose_the_interpreter(modules: dict[str, str]) -> None:
    """Neither a sheet called cellgrad.conf nor a file beside the workbook is asked: only the user's own settings."""
    body = modules["xlwings"].partition("Function GetConfig(")[2].partition("End Function")[0]
    read = re.findall(r"^ *If .*Then$", body, re.MULTILINE)
    assert "source" not in read[0] and read[0].strip() == "If False Then"
    assert [line.strip() for line in read if "source" in line] == ['If source = "" Or source = "user" Then']
    assert "ADD_WORKBOOK_TO_PYTHONPATH" not in modules["xlwings"]


def test_another_xlwings_is_refused_in_words() -> None:
    with pytest.raises(FileError, match="myaddin"):
        changed_xlwings("Public Const PROJECT_NAME = 1")
    assert len(XLWINGS_CHANGES) == 5


def test_the_template_is_the_pinned_one() -> None:
    with zipfile.ZipFile(TEMPLATE) as package:
        assert "xl/vbaProject.bin" in package.namelist()


# ---------------------------------------------------------------- the command


def test_the_command_builds_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "cellgrad.xlam"
    build_it = ["addin", "build", "--sources", str(SOURCES), "--out", str(out)]
    assert main([*build_it, "--check"]) == 1
    assert not out.exists()
    assert main(build_it) == 0
    assert main([*build_it, "--check"]) == 0
    assert main(["addin", "build", "--sources", str(tmp_path)]) == 2
    assert "does not hold the add-in's sources" in capsys.readouterr().err
    assert set(addin_commands.commands) == {"build", "install", "uninstall"}
