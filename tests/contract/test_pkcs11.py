"""The PKCS#11 provider keeps the contract with a real module (SoftHSM2): its errors, its threads and its children."""

import ctypes
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pkcs11 import Attribute, KeyType, ObjectClass, TokenFlag
from pkcs11 import exceptions as answers

from ascend.envelope.keys import SecretKey
from ascend.providers.contract import Denied, Integrity, Operator, Transient
from ascend.providers.pkcs11 import address, errors, gcm, pins
from ascend.providers.pkcs11.module import HsmSettings, module_at
from ascend.providers.pkcs11.provider import Pkcs11Provider
from tests.contract import softhsm
from tests.contract.provider_contract import ProviderContract, context

pytestmark = pytest.mark.hsm

URI = "pkcs11:token=byok;object=one"


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTHSM2_CONF", "")
    softhsm.configure(tmp_path / "hsm")
    softhsm.make_token("byok")
    folder = tmp_path / "pins"
    folder.mkdir(mode=0o700)
    softhsm.write_pin(folder, "byok", softhsm.PIN)
    yield HsmSettings(softhsm.MODULE, folder, tmp_path / "state", b"k" * 32)
    module_at(softhsm.MODULE).close()


@pytest.fixture
def provider(settings):
    return Pkcs11Provider(settings)


@pytest.fixture
def uri(provider):
    provider.provision(URI)
    return URI


@pytest.fixture
def by_hand(settings):
    """Do something to the token as its operator would, with a session that may write."""

    def do(work, uri=URI):
        where = address.parse(uri).where
        return module_at(settings.module).call(settings, where, work, writes=True)

    return do


def the_key(session, label="one"):
    return session.get_key(label=label, object_class=ObjectClass.SECRET_KEY)


class TestPkcs11Provider(ProviderContract):
    @pytest.fixture
    def other_uri(self, provider):
        provider.provision("pkcs11:token=byok;object=two")
        return "pkcs11:token=byok;object=two"

    @pytest.fixture
    def missing_uri(self):
        return "pkcs11:token=byok;object=none"


class TestTheKey:
    def test_it_was_made_in_the_hsm_and_cannot_be_taken_out(self, uri, by_hand):
        def look(session):
            key = the_key(session)
            assert key[Attribute.NEVER_EXTRACTABLE]
            assert key[Attribute.ALWAYS_SENSITIVE]
            with pytest.raises(answers.AttributeSensitive):
                _ = key[Attribute.VALUE]

        by_hand(look)

    @pytest.mark.parametrize("template", [{Attribute.EXTRACTABLE: True}, {Attribute.SENSITIVE: False}])
    def test_one_that_could_be_taken_out_is_denied(self, provider, by_hand, template):
        """PV-12."""
        by_hand(lambda s: s.generate_key(KeyType.AES, 256, label="one", store=True, template=template) and None)
        with pytest.raises(Denied, match="taken out"):
            provider.wrap(URI, SecretKey.generate(), context())

    def test_a_shorter_one_is_denied(self, provider, by_hand):
        by_hand(lambda s: s.generate_key(KeyType.AES, 128, label="one", store=True) and None)
        with pytest.raises(Denied, match="256 bits"):
            provider.describe(URI)

    def test_one_that_was_destroyed_is_gone_at_the_next_call(self, provider, uri, by_hand):
        wrapped = provider.wrap(uri, SecretKey.generate(), context()).ciphertext
        by_hand(lambda session: the_key(session).destroy())
        with pytest.raises(Denied) as refusal:
            provider.unwrap(uri, wrapped, context())
        assert refusal.value.gone

    @pytest.mark.parametrize("use", [Attribute.ENCRYPT, Attribute.DECRYPT])
    def test_one_whose_use_was_taken_away_is_denied_until_it_is_given_back(self, provider, uri, by_hand, use):
        about, key = context(), SecretKey.generate()
        wrapped = provider.wrap(uri, key, about).ciphertext
        by_hand(lambda session: the_key(session).__setitem__(use, False))
        assert not provider.describe(uri).enabled
        refused = {
            Attribute.ENCRYPT: lambda: provider.wrap(uri, key, about),
            Attribute.DECRYPT: lambda: provider.unwrap(uri, wrapped, about),
        }
        with pytest.raises(Denied, match="may not wrap and unwrap"):
            refused[use]()
        by_hand(lambda session: the_key(session).__setitem__(use, True))
        assert provider.unwrap(uri, wrapped, about) == key

    def test_two_of_one_name_are_our_mistake_and_their_ids_tell_them_apart(self, provider, by_hand):
        for number in (1, 2):
            provider.provision(f"pkcs11:token=byok;object=one;id=%0{number}")
        with pytest.raises(Operator, match="id="):
            provider.describe(URI)
        first, second = (provider.describe(f"{URI};id=%0{number}").material_id for number in (1, 2))
        assert first != second

    def test_many_processes_that_make_it_end_with_one(self, provider, settings, by_hand):
        """PV-17."""
        run_children(settings, f"provider.provision({URI!r})", 4)
        assert len(by_hand(lambda session: list(session.get_objects({Attribute.LABEL: "one"})))) == 1


class TestTheAddress:
    @pytest.mark.parametrize(
        "uri",
        [
            "pkcs11:",
            "pkcs11:token=byok",
            "pkcs11:object=one",
            "pkcs11:token=byok;object=",
            "pkcs11:token=byok;object=one?pin-value=1234",
            "pkcs11:token=byok;object=one?pin-source=/etc/pin",
            "pkcs11:token=byok;object=one?module-path=/tmp/evil.so",
            "pkcs11:token=byok;object=one;pin-value=1234",
            "pkcs11:token=byok;token=other;object=one",
            "pkcs11:token=byok;object=one;type=private",
            "pkcs11:token=byok;object=%ff",
            "pkcs11:token=byok;object=a%0Ab",
            "pkcs11:token=byok;object=a%2",
            "pkcs11:token=byok;object=one;slot-id=1",
            "pkcs11:token=byok;;object=one",
            "local:one",
        ],
    )
    def test_what_names_no_key_or_more_than_one_is_refused(self, uri):
        """PV-3, PV-10, PV-11."""
        with pytest.raises(Operator) as refusal:
            address.parse(uri)
        assert "1234" not in str(refusal.value)

    @pytest.mark.parametrize(
        "uri",
        [
            "pkcs11:token=My%20Token;object=org%3B1",
            "pkcs11:serial=74d878c74068c727;id=%01%FF",
            "pkcs11:token=byok;manufacturer=SoftHSM%20project;model=SoftHSM%20v2;object=one",
        ],
    )
    def test_its_canonical_form_names_the_same_key(self, uri):
        assert address.parse(uri).uri == uri

    def test_a_token_that_is_not_there_is_no_word_of_its_owner(self, provider):
        with pytest.raises(Transient):
            provider.describe("pkcs11:token=away;object=one")

    def test_another_serial_is_another_token(self, provider, uri):
        with pytest.raises(Transient):
            provider.describe(f"{uri};serial=0000")

    def test_two_tokens_of_one_name_are_our_mistake(self, provider, uri):
        softhsm.make_token("byok")
        module_at(softhsm.MODULE).close()
        with pytest.raises(Operator, match="serial="):
            provider.describe(uri)


class TestThePin:
    """PV-15, PV-16."""

    def test_a_wrong_one_is_tried_once_by_all_processes_together(self, provider, settings, uri, monkeypatch):
        module_at(settings.module).close()
        softhsm.write_pin(settings.pins_folder, "byok", "00000000")
        with pytest.raises(Operator, match="refused the PIN"):
            provider.describe(uri)
        for _ in range(3):
            with pytest.raises(Operator, match="refused this PIN"):
                provider.describe(uri)
        done = run_children(settings, f"provider.describe({uri!r})", 2, expect=1)
        assert all("refused this PIN of" in text for text in done)

    def test_the_right_one_ends_it(self, provider, settings, uri):
        module_at(settings.module).close()
        softhsm.write_pin(settings.pins_folder, "byok", "00000000")
        with pytest.raises(Operator):
            provider.describe(uri)
        assert [path.stat().st_mode & 0o777 for path in settings.state_folder.glob("*.refused")] == [0o600]
        softhsm.write_pin(settings.pins_folder, "byok", softhsm.PIN)
        assert provider.describe(uri).enabled
        assert not list(settings.state_folder.glob("*.refused"))

    @pytest.mark.parametrize("flag", [TokenFlag.USER_PIN_LOCKED, TokenFlag.USER_PIN_FINAL_TRY])
    def test_none_is_given_to_a_token_that_one_more_would_lock(self, tmp_path, flag):
        class Token:
            flags, serial, label = flag, b"1", "byok"

        with pytest.raises(Operator, match="lock"):
            pins.RefusedPin(tmp_path, b"k" * 32, Token).require_untried("1234")

    def test_its_file_is_for_its_owner_alone(self, provider, settings):
        (settings.pins_folder / "byok.pin").chmod(0o640)
        with pytest.raises(Operator, match="chmod 600"):
            provider.describe(URI)

    @pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
    def test_without_one_it_is_our_mistake(self, provider, settings, content):
        path = settings.pins_folder / "byok.pin"
        path.unlink()
        if content is not None:
            path.write_bytes(content)
            path.chmod(0o600)
        with pytest.raises(Operator, match="PIN file"):
            provider.describe(URI)

    def test_no_error_and_no_file_of_ours_holds_it(self, provider, settings):
        softhsm.write_pin(settings.pins_folder, "byok", "13572468")
        with pytest.raises(Operator) as refusal:
            provider.describe(URI)
        assert "13572468" not in repr(refusal.value) + repr(settings)
        kept = [path for path in settings.state_folder.iterdir() if b"13572468" in path.read_bytes()]
        assert kept == []


class TestTheModule:
    """PV-14."""

    # The library says on stderr that it could not end a search in a module that is not there.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_a_lost_session_is_opened_again_once(self, provider, settings, uri):
        about, key = context(), SecretKey.generate()
        wrapped = provider.wrap(uri, key, about).ciphertext
        pkcs11.lib(str(settings.module)).finalize()  # as after the restart of an HSM's client
        assert provider.unwrap(uri, wrapped, about) == key

    def test_a_call_that_hangs_is_given_up_and_the_process_ends(self, settings, uri):
        """PV-4."""
        quick = replace(settings, seconds=0.3)
        program = f"""
            threading.Thread(target=lambda: module_at(settings.module).call(settings, where, lambda s: time.sleep(60)),
                             daemon=True).start()
            time.sleep(0.1)
            began = time.monotonic()
            try:
                provider.describe({uri!r})
            except Transient:
                assert time.monotonic() - began < 5
                raise SystemExit(0)
            raise SystemExit(3)
        """
        run_children(quick, program, 1)

    def test_processes_that_begin_at_one_moment_all_succeed(self, settings, uri):
        program = f"""
            def work():
                about, key = context(), SecretKey.generate()
                for _ in range(5):
                    assert provider.unwrap({uri!r}, provider.wrap({uri!r}, key, about).ciphertext, about) == key
            with ThreadPoolExecutor(4) as threads:
                [done.result() for done in [threads.submit(work) for _ in range(4)]]
        """
        run_children(settings, program, 4)

    def test_a_lock_file_that_cannot_be_written_is_our_mistake(self, settings, tmp_path):
        blocked = tmp_path / "file"
        blocked.write_text("")
        with pytest.raises(Operator, match="lock file"):
            Pkcs11Provider(replace(settings, state_folder=blocked)).describe(URI)

    def test_a_module_that_is_not_there_is_our_mistake(self, settings):
        with pytest.raises(Operator, match="ASCEND_PKCS11_MODULE"):
            Pkcs11Provider(replace(settings, module=Path("/nowhere/module.so"))).describe(URI)

    def test_another_process_that_opens_for_ever_does_not_hold_us(self, settings, provider, uri):
        import fcntl

        module_at(settings.module).close()
        lock = next(settings.state_folder.glob("*.lock"))
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(Transient):
                Pkcs11Provider(replace(settings, seconds=0.2)).describe(uri)
        assert provider.describe(uri).enabled


class DrawingKey:
    """A key of a module that draws the IV itself and writes it where the caller's was."""

    def __init__(self, drawn=None, answer=None):
        self.cipher, self.drawn, self.answer, self.given = AESGCM(bytes(32)), drawn, answer, []

    def _parameters(self, octets):
        found = gcm._Parameters.from_buffer_copy(octets)
        return found, ctypes.string_at(found.pIv, found.ulIvLen), ctypes.string_at(found.pAAD, found.ulAADLen)

    def encrypt(self, material, *, mechanism, mechanism_param):
        if self.answer:
            raise self.answer
        found, iv, aad = self._parameters(mechanism_param)
        self.given.append(iv)
        if self.drawn:
            ctypes.memmove(found.pIv, self.drawn, len(self.drawn))
            iv = self.drawn
        return self.cipher.encrypt(iv, material, aad)

    def decrypt(self, sealed, *, mechanism, mechanism_param):
        _, iv, aad = self._parameters(mechanism_param)
        return self.cipher.decrypt(iv, sealed, aad)


class TestTheIv:
    """PV-13."""

    @pytest.mark.parametrize("hsm_draws_iv", [True, False])
    def test_what_the_hsm_wrote_back_is_what_is_kept(self, hsm_draws_iv):
        master, key = DrawingKey(drawn=b"drawn by hsm"), SecretKey.generate()
        wrapped = gcm.wrap(master, key, b"aad", hsm_draws_iv=hsm_draws_iv)
        assert wrapped[2:14] == b"drawn by hsm"
        assert gcm.unwrap(master, wrapped, b"aad") == key
        assert (master.given == [bytes(12)]) is hsm_draws_iv

    def test_an_hsm_that_was_to_draw_one_and_did_not_is_refused(self):
        with pytest.raises(Operator, match="ASCEND_PKCS11_IV"):
            gcm.wrap(DrawingKey(), SecretKey.generate(), b"aad", hsm_draws_iv=True)

    def test_ours_is_another_for_each_wrap(self, provider, uri):
        seen = {provider.wrap(uri, SecretKey.generate(), context()).ciphertext[2:14] for _ in range(50)}
        assert len(seen) == 50


class TestWhatAnswersMean:
    """PV-2, PV-18, PV-19."""

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            *[(kind(), Denied) for kind in (answers.NoSuchKey, answers.KeyHandleInvalid, answers.ObjectHandleInvalid)],
            *[(answers.PKCS11Error(f"Unmapped error code {code}"), Denied) for code in ("0x68", "0x99")],
            *[(kind(), Denied) for kind in (answers.KeyTypeInconsistent, answers.FunctionRejected)],
            *[(kind(), Operator) for kind in (answers.PinIncorrect, answers.PinLocked, answers.PinExpired)],
            *[(kind(), Operator) for kind in (answers.MechanismInvalid, answers.MultipleTokensReturned)],
            (answers.PKCS11Error("OS exception while loading /x: no"), Operator),
            *[(kind(), Transient) for kind in (answers.DeviceRemoved, answers.DeviceError, answers.SessionClosed)],
            *[(kind(), Transient) for kind in (answers.TokenNotPresent, answers.HostMemory, answers.GeneralError)],
            (answers.PKCS11Error("Initialisation error (not initialized). Should never see this."), Transient),
            (answers.EncryptedDataInvalid(), Integrity),
            (answers.PKCS11Error("Unmapped error code 0x42"), Integrity),
        ],
    )
    def test_each_has_its_class_cause_and_fix(self, answer, kind):
        meaning = errors.translate(answer, "one")
        assert type(meaning) is kind
        assert meaning.cause.endswith(".")
        assert meaning.fix.endswith((".", "0600"))

    def test_every_answer_that_the_library_knows_has_a_class(self):
        known = [
            kind for kind in vars(answers).values() if isinstance(kind, type) and issubclass(kind, answers.PKCS11Error)
        ]
        assert len(known) > 70
        assert all(
            isinstance(errors.translate(kind(), "one"), Denied | Transient | Integrity | Operator) for kind in known
        )

    def test_an_unclear_answer_of_a_key_that_fails_itself_is_no_damage(self, provider):
        key = DrawingKey(answer=answers.GeneralError())
        assert isinstance(provider._judged(key, address.parse(URI)), Transient)


def run_children(settings, program, count, *, expect=0):
    """Run `program` in processes that begin at one moment; return what they wrote."""
    lines = [line[12:] if line.startswith(" " * 12) else line for line in program.splitlines()]
    script = PREAMBLE.format(settings=settings, uri=URI) + "\n".join(lines)
    argv = [sys.executable, "-c", script]
    children = [
        subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
        for _ in range(count)
    ]
    texts = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [expect] * count, texts
    return texts


ROOT = Path(__file__).parents[2]
PREAMBLE = """\
import threading, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PosixPath
from ascend.envelope.keys import SecretKey
from ascend.providers.contract import Transient
from ascend.providers.pkcs11 import address
from ascend.providers.pkcs11.module import HsmSettings, module_at
from ascend.providers.pkcs11.provider import Pkcs11Provider
from tests.contract.provider_contract import context
settings = {settings}
where = address.parse({uri!r}).where
provider = Pkcs11Provider(settings)
"""
