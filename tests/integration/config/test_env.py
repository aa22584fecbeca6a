"""The four loaders of settings: what they take, and that each refusal names the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.env import SettingsError, env_bool, env_int, env_list, env_secret


@pytest.mark.parametrize(
    ("raw", "value"),
    [("1", True), ("TRUE", True), (" on ", True), ("Yes", True), ("0", False), ("off", False), ("No", False)],
)
def test_flag_is_read_in_any_case(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv("FLAG", raw)
    assert env_bool("FLAG", default=not value) is value


@pytest.mark.parametrize("raw", [None, "", "  "])
def test_what_is_unset_or_blank_has_its_default(monkeypatch: pytest.MonkeyPatch, raw: str | None) -> None:
    for name in ("NAME", "NAME_FILE"):
        monkeypatch.delenv(name, raising=False)
    if raw is not None:
        monkeypatch.setenv("NAME", raw)
    assert env_bool("NAME", default=True) is True
    assert env_int("NAME", 7) == 7
    assert env_list("NAME", ["a"]) == ["a"]


def test_flag_of_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAG", "perhaps")
    with pytest.raises(SettingsError, match="FLAG is “perhaps”; set it to true or false"):
        env_bool("FLAG", default=True)


@pytest.mark.parametrize("raw", ["two", "2.5", "1e3", "--1"])
def test_number_that_is_no_whole_one_is_refused(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("COUNT", raw)
    with pytest.raises(SettingsError, match=f"COUNT is “{raw}”; set it to a whole number"):
        env_int("COUNT", 1)


def test_list_loses_the_blanks_around_its_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", " a.example.org, ,b.example.org ,")
    assert env_list("HOSTS", []) == ["a.example.org", "b.example.org"]


def test_secret_comes_from_its_file_before_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    path.write_text("from the file\n")
    monkeypatch.setenv("SECRET", "from the variable")
    assert env_secret("SECRET") == "from the variable"
    monkeypatch.setenv("SECRET_FILE", str(path))
    assert env_secret("SECRET") == "from the file"
    monkeypatch.setenv("SECRET_FILE", str(tmp_path / "gone"))
    with pytest.raises(SettingsError, match=r"SECRET_FILE is “.*gone”, which can't be read: No such file"):
        env_secret("SECRET")
