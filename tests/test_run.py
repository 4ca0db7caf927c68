"""run.py: sets up once, repairs itself, starts on this machine only, and says in one sentence what is missing."""

import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

import run
from tools import environment, ports, say
from tools.checks import lint
from tools.checks import test as run_tests
from tools.child import MEMORY
from tools.commands import main
from tools.environment import Environment
from tools.failures import SetupError, explain
from tools.lock import alone

ROOT = Path(__file__).resolve().parents[1]
SERVER = '''
"""Stands in for Streamlit: answers on the port it is given, and writes down how it was started."""
import http.server, json, os, pathlib, sys
settings = dict(part.removeprefix("--").split("=", 1) for part in sys.argv if part.startswith("--"))
pathlib.Path("started.json").write_text(json.dumps({"settings": settings, "env": dict(os.environ), "argv": sys.argv}))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer((settings["server.address"], int(settings["server.port"])), Handler).serve_forever()
'''


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    """The smallest package that pip installs."""
    about = f"{name}-{version}.dist-info"
    whole = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{path},sha256={digest(text)},{len(text.encode())}" for path, text in whole.items()]
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        for path, text in whole.items():
            file.writestr(path, text)
        file.writestr(f"{about}/RECORD", "\n".join([*lines, f"{about}/RECORD,,"]) + "\n")


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A copy of run.py under a path with a space and Japanese, with two tiny packages, set up once."""
    base = tmp_path_factory.mktemp("run")
    root = base / "現在地 テスト"
    wheels = base / "wheels"
    wheels.mkdir()
    for version in ("1.0", "1.1"):
        wheel(wheels, "tiny", version, {"tiny.py": f"VERSION = {version!r}\n"})
    wheel(wheels, "streamlit", "9.0", {"streamlit/__init__.py": "", "streamlit/__main__.py": SERVER})
    root.mkdir()
    shutil.copy(ROOT / "run.py", root)
    for name in ("tools", "locales"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "src").mkdir()
    (root / "src" / "of_our_own.py").write_text("HERE = True\n")
    (root / "requirements.txt").write_text("tiny==1.0  # tiny\nstreamlit==9.0\n")
    (root / "requirements-dev.txt").write_text("-r requirements.txt\n")
    done = command(root, "setup")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return root


@pytest.fixture
def copy(made):
    """The set-up copy; what a test changes about it is put right again."""
    texts = {path: path.read_text() for path in made.glob("requirements*.txt")}
    record = (made / ".venv" / "genzaichi.json").read_text()
    yield made
    for path, text in texts.items():
        path.write_text(text)
    if json.loads(record) != json.loads((made / ".venv" / "genzaichi.json").read_text()):
        command(made, "setup")


def surroundings(root: Path, **more: str) -> dict[str, str]:
    dropped = ("CI", "PIP_EXTRA_INDEX_URL", "GENZAICHI_WORKSPACE")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(root.parent / "wheels")}
    return {**kept, **offline, "GENZAICHI_LANG": "en", **more}


def command(root: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, root / "run.py", *arguments],
        cwd=root.parent,
        env=surroundings(root, **more),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def installed(root: Path) -> str:
    code = "import of_our_own, tiny; print(tiny.VERSION)"
    return subprocess.run(
        [Environment(root).python, "-c", code], cwd=root.parent, capture_output=True, encoding="utf-8"
    ).stdout.strip()


# Setting up


def test_first_use_makes_the_environment_and_the_sources_are_importable(made):
    assert installed(made) == "1.0"
    record = json.loads((made / ".venv" / "genzaichi.json").read_text())
    assert record["unfinished"] is False
    assert set(record["installed"]) == {"requirements.txt"}


def test_the_second_time_pip_is_not_even_asked(copy):
    pip = next((copy / ".venv").rglob("site-packages/pip"))
    pip.rename(pip.with_name("pip-away"))
    try:
        begun = time.monotonic()
        done = command(copy, "setup")
        assert (done.returncode, done.stderr) == (0, say_en("setup.ready"))
        assert time.monotonic() - begun < 3  # 0.2 s on an idle machine
    finally:
        pip.with_name("pip-away").rename(pip)


def test_a_file_that_includes_another_counts_for_both(copy):
    assert command(copy, "setup", "test").returncode == 0
    record = json.loads((copy / ".venv" / "genzaichi.json").read_text())
    assert set(record["installed"]) == {"requirements.txt", "requirements-dev.txt"}


def test_changed_requirements_are_installed(copy):
    (copy / "requirements.txt").write_text("tiny==1.1\nstreamlit==9.0\n")
    done = command(copy, "setup")
    assert done.returncode == 0
    assert "Getting packages: 2 of 2" in done.stderr
    assert installed(copy) == "1.1"


@pytest.mark.long
def test_an_interrupted_installation_is_made_again_from_scratch(copy):
    record = copy / ".venv" / "genzaichi.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "unfinished": True}))
    next((copy / ".venv").rglob("site-packages/tiny.py")).write_text("half a li")
    done = command(copy, "setup")
    assert "Setting up for the first time" in done.stderr
    assert installed(copy) == "1.0"


@pytest.mark.long
def test_an_environment_whose_python_is_gone_is_made_again(copy):
    Environment(copy).python.unlink()
    assert command(copy, "setup").returncode == 0
    assert installed(copy) == "1.0"


def test_an_environment_of_another_python_counts_as_none(copy):
    record = copy / ".venv" / "genzaichi.json"
    before = record.read_text()
    record.write_text(json.dumps({**json.loads(before), "python": "3.2"}))
    assert Environment(copy).missing(("requirements.txt",)) == ["requirements.txt"]
    record.write_text(before)


def test_a_second_window_waits_for_the_first(copy):
    (copy / "requirements.txt").write_text("tiny==1.1\nstreamlit==9.0\n")
    with alone(copy / ".venv.lock", lambda: None):
        second = subprocess.Popen(
            [sys.executable, copy / "run.py", "setup"],
            env=surroundings(copy),
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert second.stderr.readline() == say_en("setup.waiting")
        assert installed(copy) == "1.0"
    assert second.wait(60) == 0
    second.stderr.close()
    assert installed(copy) == "1.1"


# What can be missing: one sentence, exit code 2


def test_without_a_network_one_sentence_and_nothing_is_lost(copy):
    (copy / "requirements.txt").write_text("tiny==1.1\nstreamlit==9.0\nabsent==1.0\n")
    nowhere = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}
    done = command(copy, "setup", **nowhere)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("The packages could not be fetched: connect to the internet")
    assert installed(copy) == "1.0"
    japanese = command(copy, "setup", GENZAICHI_LANG="ja", **nowhere)
    assert japanese.stderr.splitlines()[-1].startswith("部品を取得できませんでした。インターネットに接続し")


def test_a_package_that_this_python_has_not_is_named(copy):
    (copy / "requirements.txt").write_text("tiny==7.0\n")
    done = command(copy, "setup")
    assert done.returncode == 2
    assert "There is no ready-made tiny for Python" in done.stderr


@pytest.mark.parametrize(
    ("output", "key"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "setup.disk_full"),
        ("OSError: [WinError 112] There is not enough space on the disk", "setup.disk_full"),
        ("after connection broken by 'NewConnectionError('\nNo matching distribution found for x", "setup.no_network"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "setup.no_network"),
        ("ERROR: No matching distribution found for pandas==3.1.1", "setup.no_package"),
        ("PermissionError: [WinError 5] Access is denied", "setup.no_permission"),
        ("[Errno 30] Read-only file system: '.venv.lock'", "setup.no_permission"),
        ("something nobody foresaw", "setup.failed"),
    ],
)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_went_wrong_is_told_apart_and_has_its_sentence(output, key, language, monkeypatch):
    error = explain(output, free=10**12, folder="here", log="log", version="3.11", last="x")
    assert error.key == key
    monkeypatch.setenv("GENZAICHI_LANG", language)
    assert "{" not in say.text(error.key, **error.fields)


def test_a_disk_without_room_for_pip_is_full_although_venv_does_not_say_so():
    assert explain("returned non-zero exit status 1", free=1000).key == "setup.disk_full"


def test_a_python_without_venv_names_the_package_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "find_spec", lambda name: None if name == "ensurepip" else object())
    (tmp_path / "requirements.txt").write_text("tiny==1.0\n")
    with pytest.raises(SetupError, match=r"setup\.no_venv") as caught:
        Environment(tmp_path).ready("requirements.txt")
    assert f"python{caught.value.fields['version']}-venv" in say.text("setup.no_venv", **caught.value.fields)


@pytest.mark.skipif(os.name == "nt", reason="only POSIX refuses such a folder")
def test_a_folder_that_python_refuses_is_named(tmp_path):
    folder = tmp_path / "a:b"
    folder.mkdir()
    (folder / "requirements.txt").write_text("tiny==1.0\n")
    with pytest.raises(SetupError, match=r"setup\.bad_folder"):
        Environment(folder).ready("requirements.txt")


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 0), (3, 10, 99)])
def test_an_old_python_is_told_what_is_needed(version, monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setenv("GENZAICHI_LANG", "en")
    assert run.main() == 2
    found = ".".join(map(str, version[:2]))
    assert capsys.readouterr().err.startswith(f"Genzaichi needs Python 3.11 or later, and this is {found}.")


# Starting


@pytest.fixture
def started(copy):
    """Starts run.py and gives its process once it has said that the app is open."""
    running = []
    # what is started in the background ignores Ctrl+C, and so would everything that it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def start(*arguments: str, **more: str) -> tuple[subprocess.Popen, str]:
        command = [sys.executable, copy / "run.py", "--no-browser", *arguments]
        process = subprocess.Popen(command, env=surroundings(copy, **more), stderr=subprocess.PIPE, encoding="utf-8")
        running.append(process)
        said = ""
        while "is open at" not in said and process.poll() is None:
            said += process.stderr.readline()
        return process, said

    yield start
    for process in running:
        process.terminate()
        process.wait(20)
        process.stderr.close()


def told(root: Path) -> dict:
    return json.loads((root / "started.json").read_text())


def test_the_app_listens_on_this_machine_only_and_asks_for_nothing(started, copy):
    _, said = started("--port", str(free_port()))
    settings = told(copy)["settings"]
    assert settings["server.address"] == "127.0.0.1"
    assert settings["server.headless"] == "true"  # neither a mail address is asked for nor an outside address looked up
    assert settings["browser.gatherUsageStats"] == "false"
    assert "server.allowedHosts" not in settings
    assert said.count("\n") == 1


def test_the_app_is_given_its_workspace_and_returns_memory(started, copy):
    started("--port", str(free_port()))
    env = told(copy)["env"]
    assert MEMORY.items() <= env.items()
    assert env["GENZAICHI_WORKSPACE"] == str(copy / "workspace")


def test_a_workspace_named_by_the_reader_is_meant_from_where_they_are(started, copy):
    started("--port", str(free_port()), GENZAICHI_WORKSPACE="mine")
    assert told(copy)["env"]["GENZAICHI_WORKSPACE"] == str(Path("mine").absolute())


def test_share_opens_to_the_network_and_says_what_that_means(started, copy):
    _, said = started("--share", "--port", str(free_port()))
    assert told(copy)["settings"]["server.address"] == "0.0.0.0"
    assert "anyone on this network can open http://" in said
    assert "read all the data" in said


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_the_app_ends_with_run_py(started, ending, code):
    port = free_port()
    process, _ = started("--port", str(port))
    process.send_signal(ending)
    assert process.wait(20) == code
    assert not ports.in_use(port)


def test_a_port_in_use_is_passed_over_and_said_so(started, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(ports, "FIRST", taken.getsockname()[1])
        assert ports.in_use(ports.FIRST)
        assert not ports.in_use(ports.next_free("127.0.0.1") or 0)
    with socket.create_server(("0.0.0.0", 0)) as taken:
        assert ports.in_use(taken.getsockname()[1])


def test_a_port_asked_for_that_is_in_use_or_does_not_exist(copy):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command(copy, "--port", str(port))
    assert (done.returncode, done.stderr) == (2, say_en("setup.port_in_use", port=port))
    done = command(copy, "--port", "99999")
    assert (done.returncode, done.stderr) == (2, say_en("setup.no_such_port", port=99999))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


# Words and options


def say_en(key: str, **fields: object) -> str:
    return say.sentences(str(ROOT / "locales" / "en"))[key].format(**fields) + "\n"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "GENZAICHI_LANG": "en"}, "en"),
        ({}, "en"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows is asked for its own language")
def test_the_language_is_the_system_s_unless_named(variables, expected, monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "GENZAICHI_LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert say.language() == expected


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["nonsense"], "setup.unknown_command"),
        (["--prot", "1"], "setup.unknown_option"),
        (["--port", "many"], "setup.unknown_option"),
        (["setup", "everything"], "setup.unknown_set"),
        (["test", "--slow"], "setup.unknown_option"),
    ],
)
def test_a_slip_on_the_command_line_is_one_sentence(arguments, key, monkeypatch, capsys):
    monkeypatch.setenv("GENZAICHI_LANG", "en")
    assert main(arguments) == 2
    start = say_en(key, name="", problem="", choices="").split("“")[0].split(":")[0]
    assert capsys.readouterr().err.startswith(start)


@pytest.mark.parametrize("flag", ["help", "--help", "-h"])
def test_help_names_every_command(flag, capsys, monkeypatch):
    monkeypatch.setenv("GENZAICHI_LANG", "ja")
    assert main([flag]) == 0
    printed = capsys.readouterr().out
    assert all(
        f"run.py {name}" in printed for name in ("setup", "notebooks", "analysis", "test", "lint", "bench", "look")
    )


@pytest.fixture
def commands(monkeypatch):
    """What `test` and `lint` would start."""
    seen = []
    monkeypatch.setattr("tools.checks.run", lambda command: seen.append(list(map(str, command))) or len(seen) % 2)
    monkeypatch.setattr(Environment, "ready", lambda self, *names: seen.append(["ready", *names]) or Path("python"))
    monkeypatch.setattr("tools.checks.has_java", lambda: False)
    return seen


def test_what_follows_two_dashes_goes_to_pytest(commands):
    run_tests(["--long", "--", "-k", "period"])
    assert commands[0] == ["ready", "requirements-dev.txt"]
    workers = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    assert commands[1][1:] == ["-m", "pytest", *workers, "--long", "-k", "period"]


def test_lint_runs_every_check_and_fails_if_one_does(commands, capsys):
    assert lint([]) == 1
    assert [line[2] for line in commands[1:] if line[1] == "-m"] == ["ruff", "ruff", "mypy", "pytest"]


# The whole thing, once


@pytest.mark.long
def test_a_fresh_machine_under_a_path_with_spaces_and_japanese(tmp_path):
    """Real packages: the app opens after the first command, and at once after the second."""
    root = tmp_path / "現在地 テスト"
    left = shutil.ignore_patterns(
        ".venv", ".venv.lock", "workspace", "__pycache__", ".git", ".*_cache", "looks", "data"
    )
    shutil.copytree(ROOT, root, ignore=left, ignore_dangling_symlinks=True)
    shutil.copytree(
        ROOT / "src" / "analysis" / "workspace", root / "src" / "analysis" / "workspace", dirs_exist_ok=True
    )
    seconds = [open_and_close(root), open_and_close(root)]
    assert seconds[1] < 20
    size = sum(path.stat().st_size for path in (root / ".venv").rglob("*") if path.is_file()) / 1e6
    assert 300 < size < 900
    done = subprocess.run(
        [sys.executable, root / "run.py", "analysis", "--help"], cwd=tmp_path, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0
    assert done.stderr == ""


def open_and_close(root: Path) -> float:
    """Seconds until the app answers."""
    port = free_port()
    begun = time.monotonic()
    env = {**os.environ, "GENZAICHI_LANG": "en"}
    env.pop("GENZAICHI_WORKSPACE", None)
    command = [sys.executable, root / "run.py", "--no-browser", "--port", str(port)]
    with subprocess.Popen(command, cwd=root.parent, env=env, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            while not ports.healthy(port):
                assert process.poll() is None, process.stderr.read()
                assert time.monotonic() - begun < 900
                time.sleep(0.2)
            return time.monotonic() - begun
        finally:
            process.terminate()
