"""GPUs as the driver's tool says them: a program of that name on the path is all there is between it and us."""

import os
from pathlib import Path

import pytest

from dualset.builders.checkup import to_do
from dualset.builders.checkup.gpu import Gpu, Graphics, TorchBuild, look_at_graphics, torch_build

TWO = "echo 'NVIDIA H200, 143771, 143167, 570.86.15'; echo 'NVIDIA GB10, [N/A], [N/A], 570.86.15'"


def look(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str | bytes | None) -> Graphics:
    """What is seen where ``nvidia-smi`` is this shell script (bytes: this file; None: not there)."""
    tool = folder / "nvidia-smi"
    if body is not None:
        tool.write_bytes(body if isinstance(body, bytes) else f"#!/bin/sh\n{body}\n".encode())
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.defpath}" if body is not None else str(folder))
    return look_at_graphics()


def test_gpus_are_what_the_tool_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert look(tmp_path, monkeypatch, TWO) == Graphics(
        gpus=(
            Gpu(name="NVIDIA H200", memory_mib=143771, free_mib=143167, driver="570.86.15"),
            Gpu(name="NVIDIA GB10", memory_mib=None, free_mib=None, driver="570.86.15"),
        )
    )


def test_the_tool_is_asked_for_exactly_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look(tmp_path, monkeypatch, f'echo "$@" > {tmp_path}/asked; {TWO}')
    asked = (tmp_path / "asked").read_text().split()
    assert asked == ["--query-gpu=name,memory.total,memory.free,driver_version", "--format=csv,noheader,nounits"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("echo 'NVIDIA-SMI has failed because it could not talk to the driver.'; exit 9", "NVIDIA-SMI has failed"),
        ("echo 'Failed to initialize NVML: Driver/library version mismatch' >&2; exit 18", "version mismatch"),
        ("exit 127", "exit code 127"),
        ("echo 'something, else'", "something, else"),
        (b"\x7fELF nonsense", "cannot be run: Exec format error"),
    ],
)
def test_a_broken_driver_is_one_line_to_do(
    body: str | bytes, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = look(tmp_path, monkeypatch, body)
    assert seen.gpus == ()
    assert says in str(seen.trouble)
    assert [each.what for each in to_do.graphics(seen, None)] == [seen.trouble]


def test_one_gpu_that_fell_off_the_bus_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = look(tmp_path, monkeypatch, f"{TWO}; echo 'Unable to determine the device handle for GPU1'; exit 15")
    assert len(seen.gpus) == 2
    assert "Unable to determine the device handle for GPU1" in str(seen.trouble)


def test_a_tool_that_hangs_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dualset.builders.checkup.gpu._PATIENCE_S", 0.2)
    assert look(tmp_path, monkeypatch, "exec sleep 60").trouble == "nvidia-smi did not answer in 0 s"


@pytest.mark.parametrize("body", ["echo 'No devices were found'", "echo 'No devices were found'; exit 6"])
def test_a_driver_without_a_gpu_is_no_trouble(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = look(tmp_path, monkeypatch, body)
    assert (seen.gpus, seen.trouble) == ((), None)


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="this machine has a GPU")
def test_no_tool_and_no_driver_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = look(tmp_path, monkeypatch, None)
    assert (seen.gpus, seen.trouble) == ((), None)


def torch(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str, cuda: str | None) -> TorchBuild | None:
    """What is seen of a torch whose files are these."""
    (folder / "torch").mkdir()
    (folder / "torch/version.py").write_text(f"from typing import Optional\n\ncuda: Optional[str] = {cuda!r}\n")
    place = folder / f"torch-{version}.dist-info"
    place.mkdir()
    (place / "METADATA").write_text(f"Metadata-Version: 2.4\nName: torch\nVersion: {version}\n")
    monkeypatch.syspath_prepend(str(folder))
    return torch_build()


@pytest.mark.parametrize(("version", "cuda"), [("2.13.0+cpu", None), ("2.13.0", "13.0"), ("2.13.0+cu128", "12.8")])
def test_what_torch_was_built_for_is_read_from_its_files(
    version: str, cuda: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert torch(tmp_path, monkeypatch, version, cuda) == TorchBuild(version=version, cuda=cuda)


def test_this_torch_says_the_same_when_it_is_imported() -> None:
    import torch as imported

    assert torch_build() == TorchBuild(version=imported.__version__, cuda=imported.version.cuda)


def gpu(free: int = 40000, driver: str = "580.1") -> Gpu:
    return Gpu(name="NVIDIA A100", memory_mib=40960, free_mib=free, driver=driver)


CPU, CUDA_12, CUDA_13 = (
    TorchBuild(version="2.13.0+cpu", cuda=None),
    TorchBuild(version="2.13.0+cu128", cuda="12.8"),
    TorchBuild(version="2.13.0", cuda="13.0"),
)


@pytest.mark.parametrize(
    ("seen", "build", "says"),
    [
        (Graphics(gpus=(gpu(),)), CPU, "torch 2.13.0+cpu was built without CUDA"),
        (Graphics(gpus=(gpu(driver="550.1"),)), CUDA_13, "built for CUDA 13.0, too new for the driver 550.1"),
        (Graphics(gpus=(gpu(driver="470.1"),)), CUDA_12, "built for CUDA 12.8, too new for the driver 470.1"),
        (Graphics(gpus=(gpu(),), visible=""), CUDA_13, "CUDA_VISIBLE_DEVICES hides every GPU"),
        (Graphics(gpus=(gpu(), gpu(free=4096))), CUDA_13, "GPU 1 has 4.0 of 40.0 GiB free"),
    ],
)
def test_a_gpu_that_cannot_be_used_is_to_be_mended(seen: Graphics, build: TorchBuild, says: str) -> None:
    (only,) = to_do.graphics(seen, build)
    assert says in only.what


@pytest.mark.parametrize(
    ("seen", "build"),
    [
        (Graphics(gpus=(gpu(),), visible="0"), CUDA_13),
        (Graphics(gpus=(gpu(driver="535.2"),)), CUDA_12),
        (Graphics(gpus=(gpu(),)), None),
        (Graphics(), CPU),
        (Graphics(visible=""), CPU),
    ],
)
def test_what_works_is_nothing_to_do(seen: Graphics, build: TorchBuild | None) -> None:
    assert list(to_do.graphics(seen, build)) == []
