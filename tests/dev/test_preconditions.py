"""What a person is told when the machine is not ready, and that nothing was done then."""

import socket

import pytest


def test_a_full_disk_is_reported_before_anything_is_fetched(shell):
    shell.stand_in("apt-get", "exit 1")
    result = shell.run("dev/bootstrap.sh", FUSION_MIN_FREE_MB="999999999")
    assert result.returncode == 1
    assert "error: disk low: " in result.stderr
    assert "needs 999999999 MB" in result.stderr
    assert shell.called() == []
    assert not (shell.home / "venv").exists()


def test_a_taken_port_is_reported_at_once_and_a_free_one_offered(shell):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = shell.run("dev/demo.sh", PORT=str(port))
    assert result.returncode == 1
    assert f"error: port {port} is taken by another program" in result.stderr
    offered = int(result.stderr.split("PORT=")[1].split()[0])
    assert offered > port
    assert not (shell.home / "venv").exists()


@pytest.mark.parametrize("port", ["0", "70000", "http", "-1"])
def test_a_port_that_is_none_is_refused(shell, port):
    result = shell.run("dev/demo.sh", PORT=port)
    assert result.returncode == 1
    assert f"error: PORT={port} is not a port" in result.stderr


@pytest.mark.parametrize("name", ["Demo", "demo;drop", "1demo", "a b"])
def test_a_database_name_that_would_need_quoting_is_refused(shell, name):
    result = shell.run("dev/demo.sh", DB=name)
    assert result.returncode == 1
    assert "is not a name for a database" in result.stderr


def test_without_root_and_sudo_the_command_for_root_is_said(shell):
    shell.stand_in("id", "echo 1000")
    shell.stand_in("sudo", "exit 1")
    shell.stand_in("apt-get", "exit 0")
    result = shell.functions("install_packages postgresql chromium")
    assert result.returncode == 1
    assert "neither be root nor use sudo" in result.stderr
    assert "apt-get install --no-install-recommends postgresql chromium" in result.stderr
    assert not any(call.startswith("apt-get") for call in shell.called())


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("E: Could not get lock /var/lib/dpkg/lock-frontend.", "another program holds apt's lock"),
        ("E: Failed to fetch http://mirror/ Could not resolve 'mirror'", "no registry: the Debian"),
        ("E: Unmet dependencies.", "apt failed"),
    ],
)
def test_a_failing_apt_is_explained(shell, output, sentence):
    shell.stand_in("id", "echo 0")
    shell.stand_in("apt-get", f'echo "{output}" >&2; exit 100')
    result = shell.functions("install_packages chromium")
    assert result.returncode == 1
    assert sentence in result.stderr


def test_a_package_database_left_half_installed_by_others_is_reported_and_left_alone(shell):
    shell.stand_in("dpkg", 'echo "half-configured: somepackage"')
    result = shell.functions("check_dpkg")
    assert result.returncode == 1
    assert "half-configured: somepackage" in result.stderr
    assert "half-installed state" in result.stderr
    assert shell.called() == ["dpkg --audit"]


def test_an_installation_that_we_left_half_way_is_finished(shell):
    (shell.home / "apt-in-progress").touch()
    shell.stand_in("id", "echo 0")
    shell.stand_in("dpkg", '[ "$1" = --configure ] || echo "half-configured: ours"')
    result = shell.functions("check_dpkg")
    assert result.returncode == 0
    assert shell.called() == ["dpkg --audit", "id -u", "dpkg --configure -a"]


def test_a_healthy_package_database_passes_in_silence(shell):
    shell.stand_in("dpkg", "exit 0")
    result = shell.functions("check_dpkg")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("release", "sentence"),
    [
        (None, "is not an Odoo checkout"),
        ("version_info = (18, 0, 0, FINAL, 0, '')", "is Odoo 18.0, not 19"),
    ],
)
def test_a_checkout_that_is_not_odoo_19_is_refused(shell, tmp_path, release, sentence):
    checkout = tmp_path / "checkout"
    (checkout / "odoo").mkdir(parents=True)
    if release:
        (checkout / "odoo-bin").touch()
        (checkout / "odoo" / "release.py").write_text(release)
    result = shell.run("dev/bootstrap.sh", "none", ODOO_PATH=str(checkout))
    assert result.returncode == 1
    assert sentence in result.stderr
    assert not (shell.home / "venv").exists()
