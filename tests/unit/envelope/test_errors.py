import pickle

import pytest

from ascend.envelope import errors


class TestErrors:
    def test_have_one_root(self) -> None:
        for kind in (errors.NotAnEnvelope, errors.DecryptionFailed, errors.BlockSpent, errors.BudgetExhausted):
            assert issubclass(kind, errors.EnvelopeError)

    def test_decryption_failed_has_one_message_and_no_arguments(self) -> None:
        assert str(errors.DecryptionFailed()) == "decryption failed"
        assert errors.DecryptionFailed().args == ()

    def test_decryption_failed_takes_nothing_along(self) -> None:
        with pytest.raises(TypeError):
            errors.DecryptionFailed("why")

    def test_decryption_failed_crosses_a_process_border_unchanged(self) -> None:
        arrived = pickle.loads(pickle.dumps(errors.DecryptionFailed()))  # noqa: S301 - our own bytes
        assert (type(arrived), str(arrived)) == (errors.DecryptionFailed, "decryption failed")
