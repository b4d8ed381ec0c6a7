"""How a value of the environment becomes a setting."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from ascend_portal import env
from ascend_portal.setting import Setting, database_url, integer, switch, text

NUMBER = Setting("HOUSE_NUMBER", integer, 7, "A number.")
SECRET = Setting("HOUSE_SECRET", text, "", "A secret.", is_secret=True)


class TestRead:
    def test_an_absent_or_empty_value_is_the_default(self, monkeypatch):
        assert NUMBER.read() == 7
        monkeypatch.setenv("HOUSE_NUMBER", " ")
        assert NUMBER.read() == 7

    def test_a_value_that_is_not_of_its_type_names_the_setting(self, monkeypatch):
        monkeypatch.setenv("HOUSE_NUMBER", "seven")
        with pytest.raises(ImproperlyConfigured, match="HOUSE_NUMBER cannot be read as integer: 'seven'"):
            NUMBER.read()

    def test_a_secret_that_cannot_be_read_is_not_repeated(self, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "mysql://portal:hunter2@db/portal")
        with pytest.raises(ImproperlyConfigured) as refusal:
            env.DATABASE_URL.read()
        assert "hunter2" not in str(refusal.value)


class TestSecretFile:
    def test_a_secret_is_read_from_the_file_without_its_last_newline(self, monkeypatch, tmp_path):
        (tmp_path / "secret").write_text("hunter2\n")
        monkeypatch.setenv("HOUSE_SECRET_FILE", str(tmp_path / "secret"))
        assert SECRET.read() == "hunter2"

    def test_both_the_secret_and_its_file_are_refused(self, monkeypatch, tmp_path):
        monkeypatch.setenv("HOUSE_SECRET", "hunter2")
        monkeypatch.setenv("HOUSE_SECRET_FILE", str(tmp_path / "secret"))
        with pytest.raises(ImproperlyConfigured, match="both given"):
            SECRET.read()

    def test_a_missing_file_is_refused_and_not_taken_for_an_empty_secret(self, monkeypatch, tmp_path):
        monkeypatch.setenv("HOUSE_SECRET_FILE", str(tmp_path / "absent"))
        with pytest.raises(ImproperlyConfigured, match="cannot be read"):
            SECRET.read()

    def test_every_secret_of_the_catalogue_can_be_a_file(self, monkeypatch, tmp_path):
        secrets = [setting for setting in env.catalogue() if setting.is_secret]
        assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ASCEND_REGISTRY_KEY"} <= {item.name for item in secrets}
        for setting in secrets:
            monkeypatch.delenv(setting.name, raising=False)
            monkeypatch.setenv(f"{setting.name}_FILE", str(tmp_path / "absent"))
            with pytest.raises(ImproperlyConfigured, match=setting.name):
                setting.read()


class TestSwitch:
    @pytest.mark.parametrize("word", ["true", "On", "YES", "1"])
    def test_on(self, word):
        assert switch(word)

    @pytest.mark.parametrize("word", ["false", "Off", "NO", "0"])
    def test_off(self, word):
        assert not switch(word)

    def test_a_word_that_is_neither_is_refused_and_not_called_off(self):
        with pytest.raises(ValueError, match="flase"):
            switch("flase")


def test_a_database_url_may_name_a_unix_socket():
    database = database_url("postgres://portal:pa%2Fss@%2Ftmp%2Fsocket:5432/portal?sslmode=verify-full")
    assert (database["HOST"], database["PASSWORD"]) == ("/tmp/socket", "pa/ss")
    assert database["OPTIONS"] == {"sslmode": "verify-full"}
