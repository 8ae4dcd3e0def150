"""``dualset doctor``: every level as it was tried, what to do about what is missing, and no secrets."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

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
    assert {"torch", "trl", "vllm", "ray"} <= packages.keys()
    listed = subprocess.run([sys.executable, "-m", "pip", "list", "--format", "json"], capture_output=True, check=True)
    installed = {its["name"]: its["version"] for its in json.loads(listed.stdout)}
    assert packages == {name: installed.get(name) for name in packages}


def test_a_person_is_told_the_same() -> None:
    told = doctor(HF_TOKEN="hf_secret").stdout
    assert "hf_secret" not in told
    assert "HF_TOKEN        set, not shown" in told
    assert all(f"  {level:<11}" in told for level in Level)


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
