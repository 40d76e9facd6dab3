"""The files under deploy/: each valid by its format's own validator, and each as shut as it says it is."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nudger.errors import ConfigurationError
from nudger.settings import Settings, read_settings

CHECKOUT = Path(__file__).parents[2]
DEPLOY = CHECKOUT / "deploy"
SYSTEMD = DEPLOY / "systemd"
BIN = Path(sys.executable).parent
UNITS = sorted(path.name for path in SYSTEMD.glob("*.service"))
COMPOSE = sorted(path.name for path in DEPLOY.glob("compose*.yaml"))
#: What the units may be worth at most; 10 is a service with no protection at all.
MOST_EXPOSED = 1.5


def tool(name: str) -> str:
    """A program of the virtual environment or of the system; without it the test is skipped, and says so."""
    found = shutil.which(name, path=str(BIN)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


def run(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a program for half a minute at most."""
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=30, check=False)


def yaml(path: Path) -> Any:  # noqa: ANN401 (any YAML)
    """A YAML file as plain data."""
    return YAML(typ="safe").load(path)


def pins(path: Path) -> dict[str, str]:
    """The packages of a lock, each with its version and its hashes."""
    found = re.findall(r"^([\w.-]+)==((?:.*\\\n)*.*)$", path.read_text(), flags=re.MULTILINE)
    return {name: "\n".join(sorted(text.split())) for name, text in found}


# systemd


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as they are installed, with a program that is there in the place of ours."""
    shutil.copytree(SYSTEMD, tmp_path / "units")
    for path in (tmp_path / "units").glob("*.service"):
        path.write_text(path.read_text().replace("/opt/nudger/bin/nudger", "/bin/true"))
    return tmp_path / "units"


def test_units_verify(units: Path) -> None:
    """`systemd-analyze verify` has nothing to say about any of them."""
    said = run(tool("systemd-analyze"), "verify", *(units / name for name in UNITS))
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


@pytest.mark.parametrize("name", UNITS)
def test_units_are_shut(units: Path, name: str) -> None:
    """The sum of what a unit leaves open is small, for every one of them."""
    said = run(tool("systemd-analyze"), "security", "--offline=true", "--no-pager", units / name)
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)
    assert exposure is not None, said.stderr
    assert float(exposure[1]) <= MOST_EXPOSED


def test_all_units_are_hardened_alike() -> None:
    """The one daemon and the parts on many machines read the very same lines."""
    one, parts = (SYSTEMD / folder / "hardening.conf" for folder in ("nudger.service.d", "nudger-.service.d"))
    assert one.read_text() == parts.read_text()
    assert UNITS == ["nudger-scheduler.service", "nudger-web.service", "nudger-worker@.service", "nudger.service"]


def test_every_unit_is_watched() -> None:
    """Each says when it is ready, and is started anew when it gives no sign of life."""
    for name in UNITS:
        text = (SYSTEMD / name).read_text()
        assert ("\nType=notify\n" in text, "\nWatchdogSec=60\n" in text) == (True, True), name


def test_every_hardening_says_why() -> None:
    """Each paragraph of directives has a comment above it."""
    text = (SYSTEMD / "nudger-.service.d/hardening.conf").read_text()
    paragraphs = [part for part in text.split("\n\n") if re.search(r"^\w+=", part, flags=re.MULTILINE)]
    assert len(paragraphs) >= 6
    assert all("# " in part for part in paragraphs)


def test_credentials_become_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that systemd puts into the service's own folder are read as secrets; empty stand-ins are none."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    text = (SYSTEMD / "nudger-.service.d/hardening.conf").read_text()
    given = dict(re.findall(r"^Environment=(\w+_FILE)=%d/(\w+)$", text, flags=re.MULTILINE))
    loaded = re.findall(r"^LoadCredential=(\w+):", text, flags=re.MULTILINE)
    secrets = ["alert_url", "heartbeat_url", "sendgrid_api_key", "smtp_url", "twilio_auth_token"]
    assert sorted(given.values()) == sorted(loaded) == secrets
    for name, file in given.items():
        (tmp_path / file).write_text("a-token\n" if file == "twilio_auth_token" else "\n")
        monkeypatch.setenv(name, str(tmp_path / file))
    settings = read_settings(_env_file=None)
    assert settings.twilio_auth_token is not None
    assert settings.twilio_auth_token.get_secret_value() == "a-token"
    assert not any((settings.sendgrid_api_key, settings.heartbeat_url, settings.alert_url))
    monkeypatch.setenv("NUDGER_EMAIL", "smtp")
    with pytest.raises(ConfigurationError, match="SMTP_URL missing"):
        read_settings(_env_file=None)


# Containers


def test_the_image_lints() -> None:
    """Hadolint finds nothing in the Dockerfile, advice included."""
    said = run(tool("hadolint"), "--failure-threshold", "style", DEPLOY / "Dockerfile")
    assert (said.returncode, said.stdout) == (0, "")


def test_the_image_runs_as_nobody_special() -> None:
    """The last stage ends as a numbered user, and asks the program itself how it is."""
    last = (DEPLOY / "Dockerfile").read_text().split("\nFROM ")[-1]
    assert "USER 10001:10001" in last
    assert 'CMD ["nudger", "health"]' in last
    assert "pip" not in last


@pytest.mark.parametrize("name", COMPOSE)
def test_compose_files_are_valid(name: str) -> None:
    """Each follows the published schema of compose files."""
    said = run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", DEPLOY / name)
    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize("name", COMPOSE)
def test_our_containers_are_shut(name: str) -> None:
    """Each of our containers has a root it cannot write, no rights, and no port that is open to the world."""
    services = yaml(DEPLOY / name)["services"]
    ours = {key: one for key, one in services.items() if one["image"].startswith("nudger:")}
    assert ours
    for one in ours.values():
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert all(str(port).startswith("127.0.0.1:") for port in one.get("ports", []))


def test_on_postgresql_the_tables_come_first() -> None:
    """Every part waits for the one that upgrades the tables; there are two workers."""
    services = yaml(DEPLOY / "compose.postgres.yaml")["services"]
    for name in ("scheduler", "worker", "web"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert services["migrate"]["command"] == ["db", "upgrade"]
    assert services["worker"]["deploy"]["replicas"] == 2


def test_images_have_versions() -> None:
    """No image floats: each names a version with at least two numbers."""
    names = [one["image"] for name in COMPOSE for one in yaml(DEPLOY / name)["services"].values()]
    names += re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert all(re.search(r":\d+\.\d+", name) for name in names), names


# Kubernetes


def test_the_cluster_files_are_valid(tmp_path: Path) -> None:
    """What Kustomize makes of them follows the API's own schema, unknown keys refused."""
    resources = [DEPLOY / "kubernetes" / name for name in yaml(DEPLOY / "kubernetes/kustomization.yaml")["resources"]]
    assert sorted([*resources, DEPLOY / "kubernetes/kustomization.yaml"]) == sorted(DEPLOY.glob("kubernetes/*.yaml"))
    said = run(tool("kubernetes-validate"), "--strict", "--quiet", *resources)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")
    if shutil.which("kubectl"):
        made = tmp_path / "made.yaml"
        made.write_text(run("kubectl", "kustomize", DEPLOY / "kubernetes").stdout)
        assert "image: nudger:0.1.0" in made.read_text()
        assert run(tool("kubernetes-validate"), "--strict", "--quiet", made).returncode == 0


def test_the_pod_is_shut() -> None:
    """One pod at a time, as no root, with a root file system it cannot write and no token of the cluster's."""
    deployment = yaml(DEPLOY / "kubernetes/deployment.yaml")["spec"]
    pod = deployment["template"]["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    [container] = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


# Locks


@pytest.mark.parametrize("name", ["requirements.lock", "build.lock"])
def test_locks_are_parts_of_the_one_that_is_tested(name: str) -> None:
    """What is deployed are the versions and hashes that the tests run with; no index is named."""
    whole, part = pins(CHECKOUT / "requirements.lock"), pins(DEPLOY / name)
    assert part
    assert {package: whole.get(package) for package in part} == part
    assert "://" not in (DEPLOY / name).read_text()


def test_the_version_is_the_same_everywhere() -> None:
    """Images and the cluster's base carry the version of the package."""
    version = re.search(r'^version = "(.+)"$', (CHECKOUT / "pyproject.toml").read_text(), flags=re.MULTILINE)
    assert version is not None
    named = [f"nudger:{version[1]}" in (DEPLOY / name).read_text() for name in COMPOSE]
    named.append(f"newTag: {version[1]}" in (DEPLOY / "kubernetes/kustomization.yaml").read_text())
    assert all(named)
