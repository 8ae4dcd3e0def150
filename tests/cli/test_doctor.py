"""``dualset doctor``: every level as it was tried, what is there, what to do about what is not, and no secrets."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from dualset.builders.execution.advice import advice
from dualset.builders.execution.ladder import Level
from dualset.builders.execution.machine import Machine, this_machine


def doctor(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dualset", "doctor", *options]
    return subprocess.run(command, capture_output=True, text=True, env=environment | {"LANG": "C.UTF-8"})


@pytest.fixture(scope="module")
def found() -> subprocess.CompletedProcess[str]:
    return doctor(
        "--json", HF_TOKEN="hf_secret", HF_ENDPOINT="https://me:word@hub.example:8443/x", DUALSET_HOME="/data"
    )


def test_every_level_is_tried_and_what_is_missing_is_explained(found: subprocess.CompletedProcess[str]) -> None:
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert [level["level"] for level in told["levels"]] == [str(level) for level in Level]
    for level in told["levels"]:
        assert bool(level["layers"]) is level["works"]
        assert bool(level["missing"]) is not level["works"]
        assert bool(level["how"]) is not level["works"]
    working = [level["level"] for level in told["levels"] if level["works"] and level["level"] != "none"]
    assert told["auto"] == (working[0] if working else None)


def test_secrets_are_not_printed(found: subprocess.CompletedProcess[str]) -> None:
    told = json.loads(found.stdout)["environment"]
    assert told["HF_TOKEN"] is True
    assert told["HF_ENDPOINT"] == "https://hub.example:8443/x"
    assert told["DUALSET_HOME"] == "/data"
    assert "hf_secret" not in found.stdout
    assert "word" not in found.stdout


def test_packages_are_named_with_their_versions(found: subprocess.CompletedProcess[str]) -> None:
    packages = json.loads(found.stdout)["packages"]
    wanted = {
        "torch",
        "transformers",
        "trl",
        "vllm",
        "ray",
        "openai",
        "datasets",
        "huggingface-hub",
        "polars",
        "duckdb",
    }
    assert wanted <= packages.keys()
    listed = subprocess.run([sys.executable, "-m", "pip", "list", "--format", "json"], capture_output=True, check=True)
    installed = {canonicalize_name(its["name"]): its["version"] for its in json.loads(listed.stdout)}
    assert packages == {name: installed.get(name) for name in packages}


def test_a_person_is_told_the_same() -> None:
    told = doctor(HF_TOKEN="hf_secret").stdout
    assert "hf_secret" not in told
    assert "HF_TOKEN        set, not shown" in told
    assert all(f"  {level:<11}" in told for level in Level)


def test_what_has_to_be_done_comes_last(found: subprocess.CompletedProcess[str]) -> None:
    needed = json.loads(found.stdout)["to_do"]
    assert all(each["what"] and each["do"] for each in needed)
    shown = doctor(DUALSET_HOME="/data").stdout.splitlines()
    at = next(n for n, line in enumerate(shown) if line.startswith("what to do"))
    assert len(shown) - at - 1 == len(needed)
    assert (shown[at] == "what to do   nothing") is (needed == [])


def test_nothing_heavy_is_imported() -> None:
    script = (
        "import sys\nfrom dualset.cli import cli\ncli(['doctor'], standalone_mode=False)\n"
        "print(sorted({'torch', 'transformers', 'datasets', 'trl', 'vllm', 'ray', 'openai'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def told(*options: str, **environment: str) -> dict[str, Any]:
    done = doctor("--json", *options, **environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def installed(folder: Path, name: str, version: str, *requires: str) -> str:
    """A PYTHONPATH on which a distribution is installed, as far as its metadata goes."""
    place = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    place.mkdir(parents=True)
    asks = "".join(f"Requires-Dist: {each}\n" for each in requires)
    (place / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{asks}")
    return str(folder)


def test_a_gpu_that_cannot_be_used_comes_last(tmp_path: Path) -> None:
    """A driver that sees one, and a torch without CUDA."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H200, 143771, 143167, 570.86.15'\n")
    tool.chmod(0o755)
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch/version.py").write_text("cuda = None\n")
    shown = doctor(PATH=str(tmp_path), PYTHONPATH=installed(tmp_path, "torch", "2.13.0+cpu")).stdout.splitlines()
    assert "gpu          0: NVIDIA H200, 139.8 GiB free of 140.4 GiB, driver 570.86.15" in shown
    assert [
        line for line in shown if ". torch 2.13.0+cpu was built without CUDA: pip install --force-reinstall" in line
    ]


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="this machine has a GPU")
def test_without_a_gpu_it_is_said_what_works(tmp_path: Path) -> None:
    shown = doctor(PATH=str(tmp_path)).stdout
    assert "gpu          none seen: imports, labels, SQL, the micro model and servers" in shown


def test_libraries_that_do_not_go_together_are_to_be_mended(tmp_path: Path) -> None:
    path = installed(tmp_path, "vllm", "0.31.0", "torch==2.13.0", "transformers<5.18,>=5.10")
    seen = told(PYTHONPATH=path)
    states = {each["name"]: each["state"] for each in seen["libraries"]}
    assert (states["vllm"], states["torch"], states["transformers"]) == ("untested", "tested", "clashes")
    (mend,) = [each for each in seen["to_do"] if each["what"].startswith("transformers")]
    assert mend["what"].endswith("vllm 0.31.0 asks for <5.18,>=5.10")
    assert mend["do"] == "pip install 'transformers<5.18,>=5.10'"


def test_a_place_that_cannot_be_written_to_is_to_be_changed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    seen = told(DUALSET_HOME=str(tmp_path / "file/store"), HF_HOME=str(tmp_path / "cache"))
    assert (seen["disk"]["store"]["writable"], seen["disk"]["hub_cache"]["writable"]) == (False, True)
    what, do = f"the store at {tmp_path}/file/store cannot be written to", "set DUALSET_HOME to a folder that can"
    assert {"what": what, "do": do} in seen["to_do"]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_current_folder_that_is_gone_is_a_finding() -> None:
    script = (
        "import os, tempfile\nfolder = tempfile.mkdtemp()\nos.chdir(folder)\nos.rmdir(folder)\n"
        "from dualset.cli import cli\ncli(['doctor'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env={"HOME": "/tmp"})
    assert done.returncode == 0, done.stderr
    assert "the store at dualsets cannot be written to: set DUALSET_HOME to a folder that can" in done.stdout


def test_a_token_is_found_where_it_lies(tmp_path: Path) -> None:
    assert told(HF_HOME=str(tmp_path))["hub"]["token"] is None
    (tmp_path / "token").write_text("hf_secret\n")
    done = doctor("--json", HF_HOME=str(tmp_path), HF_HUB_OFFLINE="1")
    hub = json.loads(done.stdout)["hub"]
    assert (hub["token"], hub["offline"], hub["answer"]) == ("file", True, None)
    assert "hf_secret" not in done.stdout


@contextmanager
def a_hub(status: int = 200) -> Iterator[tuple[str, list[str]]]:
    """A server that knows one token; its address, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            knows = self.headers.get("authorization") == "Bearer hf_right"
            body = json.dumps({"name": "ada", "auth": {"accessToken": {"role": "write"}}} if knows else {}).encode()
            self.send_response(status if knows or status != 200 else 401)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_the_hub_is_asked_only_online(tmp_path: Path) -> None:
    with a_hub() as (endpoint, asked):
        environment = {"HF_ENDPOINT": endpoint, "HF_TOKEN": "hf_right", "HF_HOME": str(tmp_path)}
        assert told(**environment)["hub"]["answer"] is None
        assert asked == []
        answer = told("--online", **environment)["hub"]["answer"]
        assert asked == ["/api/whoami-v2"]
    assert answer == {"reached": True, "user": "ada", "may": "write", "trouble": None}


@pytest.mark.parametrize(
    ("status", "token", "trouble"), [(200, "hf_wrong", "does not know the token"), (503, "hf_right", "answers 503")]
)
def test_what_is_wrong_with_the_hub_is_one_line_to_do(status: int, token: str, trouble: str, tmp_path: Path) -> None:
    with a_hub(status) as (endpoint, _):
        done = doctor("--online", HF_ENDPOINT=endpoint, HF_TOKEN=token, HF_HOME=str(tmp_path))
    assert done.returncode == 0
    assert trouble in done.stdout.splitlines()[-1]
    assert token not in done.stdout + done.stderr


def test_the_hub_without_a_token_or_without_a_network(tmp_path: Path) -> None:
    with a_hub() as (endpoint, _):
        answer = told("--online", HF_ENDPOINT=endpoint, HF_HOME=str(tmp_path))["hub"]["answer"]
        assert (answer["reached"], answer["user"], answer["trouble"]) == (True, None, None)
        offline = told("--online", HF_ENDPOINT=endpoint, HF_HOME=str(tmp_path), HF_HUB_OFFLINE="1")["hub"]["answer"]
        assert offline["trouble"] == "HF_HUB_OFFLINE is set: it was not asked"
    gone = told("--online", HF_ENDPOINT=endpoint, HF_HOME=str(tmp_path))
    assert gone["hub"]["answer"]["reached"] is False
    assert "cannot be reached" in gone["to_do"][-1]["what"]


UBUNTU = Machine(
    system="Linux",
    release="6.8.0-45-generic",
    architecture="x86_64",
    python="",
    cores=2,
    user="ada",
    root=False,
    sysctls={},
)


def machine(**what: object) -> Machine:
    return replace(UBUNTU, **what)  # type: ignore[arg-type]


RESTRICTED = {"kernel.apparmor_restrict_unprivileged_userns": "1"}


@pytest.mark.parametrize(
    ("level", "its", "says"),
    [
        (Level.NAMESPACES, machine(sysctls=RESTRICTED), "kernel.apparmor_restrict_unprivileged_userns=0"),
        (Level.NAMESPACES, machine(sysctls={"user.max_user_namespaces": "0"}), "user.max_user_namespaces=15000"),
        (Level.NAMESPACES, machine(sysctls={"kernel.unprivileged_userns_clone": "0"}), "userns_clone=1"),
        (Level.NAMESPACES, machine(container="Docker"), "--security-opt seccomp=unconfined"),
        (Level.NAMESPACES, machine(filtered=True), "landlock is fine"),
        (Level.NAMESPACES, machine(), "CONFIG_USER_NS"),
        (Level.LANDLOCK, machine(release="5.10.0"), "this is 5.10.0"),
        (Level.LANDLOCK, machine(security=("lockdown", "yama")), "lsm=landlock,lockdown,yama"),
        (Level.LANDLOCK, machine(container="Docker"), "Docker 23"),
        (Level.SECCOMP, machine(release="5.4.0-1"), "Linux 5.14"),
        (Level.SECCOMP, machine(), "CONFIG_SECCOMP_FILTER"),
        (Level.NAMESPACES, machine(system="Darwin"), "Linux container"),
        (Level.SECCOMP, machine(architecture="riscv64"), "riscv64"),
    ],
)
def test_advice_fits_the_machine(level: Level, its: Machine, says: str) -> None:
    lines = advice(level, its)
    assert says in lines[0]


def test_root_is_not_told_what_holds_for_others() -> None:
    assert not [line for line in advice(Level.NAMESPACES, machine(sysctls=RESTRICTED, root=True)) if "AppArmor" in line]


@pytest.mark.parametrize(("release", "kernel"), [("6.18.44-fc", (6, 18)), ("5.4-rc1", (5, 4)), ("6", (6, 0))])
def test_the_kernel_is_two_numbers(release: str, kernel: tuple[int, int]) -> None:
    assert machine(release=release).kernel == kernel


def test_this_machine_is_looked_at() -> None:
    seen = this_machine()
    assert seen.cores >= 1
    assert seen.kernel > (0, 0)
    assert sys.executable in seen.python
