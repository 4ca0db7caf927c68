"""The house: who may import whom, both languages complete, nothing that ties the project to one machine."""

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from string import Formatter

import pytest
from babel.messages.pofile import read_po

import analysis
from analysis import words
from analysis.errors import AnalysisError
from analysis.words import LANGUAGES, catalogue
from tools.checks import LAYERS
from tools.say import sentences

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("app.py", "run.py", "pages", "src", "tools", "notebooks", "sample_data", "benchmarks")
FILE_NAME = re.compile(r"\.(po|py|csv|tsv|xlsx|zip|json|toml|sqlite|parquet|log|md|html|js|css|png|svg|txt|run|pth)$")


# Layers


def test_an_import_only_goes_down():
    done = subprocess.run([sys.executable, "-c", LAYERS], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contracts_name_the_same_metrics():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    named = {contract["name"]: contract for contract in contracts}
    metrics = set(named["no metric knows the workspace or the exports"]["source_modules"])
    layer = next(line for line in named["inside analysis an import only goes down"]["layers"] if "workspace" in line)
    assert {f"analysis.{name}" for name in layer.split(" : ")} - metrics == {"analysis.workspace", "analysis.exports"}
    assert metrics == set(named["the workspace and the exports know no metric"]["forbidden_modules"])


def test_the_door_knows_only_the_dashboard():
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    assert {name.split(".")[0] for name in imported(tree)} == {"dashboard", "streamlit"}


def test_run_py_and_what_it_loads_need_only_the_standard_library():
    loaded = "import sys, tools.commands; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = ['.']; {loaded}"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    foreign = set(done.stdout.split()) - sys.stdlib_module_names - {"__main__", "tools"}
    assert not {name for name in foreign if not name.startswith(("_", "sitecustomize", "usercustomize"))}


@pytest.mark.parametrize("name", ["run.py", "tools/say.py"])
def test_an_old_python_can_read_far_enough_to_say_it_is_too_old(name):
    source = (ROOT / name).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 4))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr | ast.AnnAssign)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.returns]


def imported(tree: ast.Module) -> set[str]:
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


# Words


def test_what_only_the_tests_install_is_imported_by_nothing_that_is_handed_out():
    """PM4Py for one comes under AGPL: the program must neither need it nor bring it along."""
    wanted = {line.partition("==")[0].lower() for line in (ROOT / "requirements-dev.txt").read_text().splitlines()}
    only_tests = wanted - {
        line.partition("==")[0].lower() for line in (ROOT / "requirements.txt").read_text().splitlines()
    }
    assert {"pm4py", "lifelines"} <= only_tests
    for path in [*ROOT.glob("src/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not {name.partition(".")[0].lower() for name in named} & only_tests, path


def test_both_languages_have_the_same_files():
    ja, en = ({path.name for path in (words.FOLDER / language).glob("*.po")} for language in LANGUAGES)
    assert ja == en


@pytest.mark.parametrize(
    "path", sorted(words.FOLDER.glob("*/*.po")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_a_catalogue_is_whole(path):
    with path.open("rb") as file:
        messages = [message for message in read_po(file, locale=path.parent.name, charset="utf-8") if message.id]
    names = [key_of(message) for message in messages]
    assert sorted(names) == sorted(set(names)), "a key stands twice"
    assert not [name for name in names if not name.startswith(f"{path.stem}.")], "a key of another file"
    assert not [name for name, message in zip(names, messages, strict=True) if not all(forms(message.string))]
    assert not [name for name, message in zip(names, messages, strict=True) if message.fuzzy]


def test_no_key_stands_twice_in_one_file():
    """The reader of catalogues would keep the last one without a word."""
    for path in words.FOLDER.glob("*/*.po"):
        keys = re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
        assert [key for key in set(keys) if keys.count(key) > 1] == [], path


def test_both_languages_have_the_same_keys_and_fields():
    ja, en = catalogue("ja"), catalogue("en")
    assert set(ja) ^ set(en) == set()
    assert [(key, fields(ja[key]), fields(en[key])) for key in ja if fields(ja[key]) != fields(en[key])] == []


def test_every_key_in_the_source_has_its_words():
    domains = "|".join(sorted({key.split(".")[0] for key in catalogue("en")}))
    looks_like_one = re.compile(rf"({domains})\.[a-z0-9_]+(\.[a-z0-9_]+)*")
    found = {text for text in constants() if looks_like_one.fullmatch(text) and not FILE_NAME.search(text)}
    assert found - set(catalogue("en")) == set()


def test_every_message_is_used():
    plain, built = constants(), patterns()
    unused = [key for key in catalogue("en") if key not in plain and not any(p.fullmatch(key) for p in built)]
    assert unused == []


def test_every_mistake_has_its_sentence_and_every_sentence_its_mistake():
    for module in walk_packages(analysis.__path__, "analysis."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    codes = {code_of(kind): kind for kind in below(AnalysisError) if "code" not in vars(kind)}
    known = {key for key in catalogue("en") if key.startswith("errors.")}
    sentences_of_mistakes = {key for key in known if key.removeprefix("errors.command_") not in constants()}
    assert sentences_of_mistakes - set(codes) == set()
    assert {code for code, kind in codes.items() if not kind.__subclasses__()} - sentences_of_mistakes == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_run_py_reads_its_words_as_babel_does(language):
    mine = sentences(str(words.FOLDER / language))
    mine.pop("")
    assert mine == {key: text for key, text in catalogue(language).items() if key.startswith("setup.")}


def below(kind: type) -> set[type]:
    return {found for child in kind.__subclasses__() for found in {child, *below(child)}}


def code_of(kind: type[AnalysisError]) -> str:
    return f"errors.{kind.code.fget(kind.__new__(kind))}"


def key_of(message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: str | tuple[str, ...]) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else message


def fields(message: str | tuple[str, ...]) -> set[str]:
    """The names in braces, over all plural forms."""
    return {name for form in forms(message) for _, name, _, _ in Formatter().parse(form) if name}


@cache
def trees() -> tuple[ast.Module, ...]:
    paths = [
        path
        for name in SOURCES
        for path in ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")))
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)  # environments of the benchmarks
    ]
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in paths)


@cache
def constants() -> frozenset[str]:
    """Every whole text in the source; pieces of an f-string are none."""
    nodes = [node for tree in trees() for node in ast.walk(tree)]
    pieces = {id(value) for node in nodes if isinstance(node, ast.JoinedStr) for value in node.values}
    texts = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in pieces]
    return frozenset(node.value for node in texts if isinstance(node.value, str))


@cache
def patterns() -> tuple[re.Pattern, ...]:
    """f"reasons.{code}" stands for every key that begins so; without a domain in front it stands for none."""
    built = [node.values for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    named = [values for values in built if isinstance(values[0], ast.Constant) and "." in str(values[0].value)]
    return tuple(re.compile("".join(piece(value) for value in values)) for values in named)


def piece(value: ast.expr) -> str:
    return re.escape(str(value.value)) if isinstance(value, ast.Constant) else r"[a-z0-9_.]+"


# Nothing of one machine

ELSEWHERE = [
    "py" + "pi.org",
    "python" + "hosted.",
    "npm" + "js.",
    "ana" + "conda.org",
    "conda" + "-forge",
    "un" + "pkg.com",
    "jsdel" + "ivr",
]
HERE = ["/ro" + "ot/", "/ho" + "me/", "/wo" + "rk/", "/op" + "t/", "/Us" + "ers/", "C:\\" + "Users"]


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "ignore")
        found += [(path.name, word) for word in [*ELSEWHERE, *HERE] if word in text]
    assert found == []
