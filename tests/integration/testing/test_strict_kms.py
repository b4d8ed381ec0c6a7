"""The strict KMS answers as AWS documents it, asked by AWS's own client. What plain fakes let pass is refused here."""

import json
import os
import subprocess
import sys
import urllib.request

import pytest
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding

from ascend.testing.kms import Credentials, Refusal, byok_policy
from ascend.testing.kms.policy import owner_statement
from tests.integration.testing.conftest import CONTEXT

OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


def code(call):
    """Return the error code that a call is answered with."""
    with pytest.raises(ClientError) as refusal:
        call()
    return refusal.value.response["Error"]["Code"]


def generated(client, key, context=None):
    return client.generate_data_key(KeyId=key.arn, KeySpec="AES_256", EncryptionContext=context or CONTEXT)


def uses(client, key):
    """Return every use of a key, each as a call without arguments."""
    blob = b"\x01\x02" + bytes(70)
    return {
        "Encrypt": lambda: client.encrypt(KeyId=key.arn, Plaintext=b"x", EncryptionContext=CONTEXT),
        "Decrypt": lambda: client.decrypt(KeyId=key.arn, CiphertextBlob=blob, EncryptionContext=CONTEXT),
        "GenerateDataKey": lambda: generated(client, key),
        "GenerateDataKeyWithoutPlaintext": lambda: client.generate_data_key_without_plaintext(
            KeyId=key.arn, KeySpec="AES_256", EncryptionContext=CONTEXT
        ),
        "ReEncrypt": lambda: client.re_encrypt(
            SourceKeyId=key.arn, CiphertextBlob=blob, SourceEncryptionContext=CONTEXT,
            DestinationKeyId=key.arn, DestinationEncryptionContext=CONTEXT,
        ),
    }  # fmt: skip


class TestCryptography:
    def test_what_was_encrypted_opens_in_the_same_context_and_names_its_material(self, portal, key):
        made = generated(portal, key)
        opened = portal.decrypt(
            KeyId=key.arn, CiphertextBlob=made["CiphertextBlob"], EncryptionContext=dict(reversed(CONTEXT.items()))
        )
        assert opened["Plaintext"] == made["Plaintext"]
        assert opened["KeyId"] == key.arn
        assert opened["KeyMaterialId"] == made["KeyMaterialId"] == key.family.current.id

    def test_another_context_does_not_open(self, owner, key):
        blob = generated(owner, key)["CiphertextBlob"]
        for context in ({}, {**CONTEXT, "a": "b"}, {"ascend:organization": "ONE", "ascend:deployment": "tests"}):
            call = lambda: owner.decrypt(KeyId=key.arn, CiphertextBlob=blob, EncryptionContext=context)  # noqa: E731
            assert code(call) == "InvalidCiphertextException"

    def test_no_byte_of_a_ciphertext_may_change(self, kms, owner, key):
        blob = generated(owner, key)["CiphertextBlob"]
        for position in range(len(blob)):
            changed = bytearray(blob)
            changed[position] ^= 1
            call = lambda: owner.decrypt(KeyId=key.arn, CiphertextBlob=bytes(changed), EncryptionContext=CONTEXT)  # noqa: E731
            assert code(call) in {"InvalidCiphertextException", "IncorrectKeyException"}

    def test_a_ciphertext_of_another_key_is_refused_where_the_key_is_named(self, kms, owner, key):
        blob, other = generated(owner, key)["CiphertextBlob"], kms.create_key()
        call = lambda: owner.decrypt(KeyId=other.arn, CiphertextBlob=blob, EncryptionContext=CONTEXT)  # noqa: E731
        assert code(call) == "IncorrectKeyException"
        assert owner.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["KeyId"] == key.arn

    def test_re_encryption_moves_a_ciphertext_to_another_key_and_context(self, kms, owner, key):
        made, other = generated(owner, key), kms.create_key()
        moved = owner.re_encrypt(
            CiphertextBlob=made["CiphertextBlob"], SourceKeyId=key.arn, SourceEncryptionContext=CONTEXT,
            DestinationKeyId=other.arn, DestinationEncryptionContext={"n": "1"},
        )  # fmt: skip
        assert (moved["SourceKeyId"], moved["KeyId"]) == (key.arn, other.arn)
        assert moved["DestinationKeyMaterialId"] != moved["SourceKeyMaterialId"]
        opened = owner.decrypt(KeyId=other.arn, CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"n": "1"})
        assert opened["Plaintext"] == made["Plaintext"]

    def test_4096_bytes_are_the_most(self, owner, key):
        owner.encrypt(KeyId=key.arn, Plaintext=b"x" * 4096)
        assert code(lambda: owner.encrypt(KeyId=key.arn, Plaintext=b"x" * 4097)) == "ValidationException"

    def test_a_dry_run_that_would_succeed_says_so_and_gives_nothing(self, portal, key):
        call = lambda: portal.generate_data_key(  # noqa: E731
            KeyId=key.arn, KeySpec="AES_256", EncryptionContext=CONTEXT, DryRun=True
        )
        assert code(call) == "DryRunOperationException"

    @pytest.mark.parametrize(
        ("usage", "spec"),
        [("SIGN_VERIFY", "RSA_2048"), ("ENCRYPT_DECRYPT", "RSA_4096"), ("GENERATE_VERIFY_MAC", "HMAC_256")],
    )
    def test_a_key_of_another_kind_encrypts_nothing(self, kms, owner, usage, spec):
        other = kms.create_key(KeyUsage=usage, KeySpec=spec)
        assert {code(call) for call in uses(owner, other).values()} == {"InvalidKeyUsageException"}
        assert owner.describe_key(KeyId=other.arn)["KeyMetadata"]["KeySpec"] == spec


class TestStates:
    def enter(self, kms, key, state):
        if state == "Disabled":
            kms.on_key("DisableKey", key)
        elif state == "PendingDeletion":
            kms.on_key("ScheduleKeyDeletion", key, PendingWindowInDays=7)
        else:
            key.set_state = state

    @pytest.mark.parametrize(
        ("state", "refusal"),
        [
            ("Disabled", "DisabledException"),
            ("PendingDeletion", "KMSInvalidStateException"),
            ("PendingReplicaDeletion", "KMSInvalidStateException"),
            ("Unavailable", "KMSInvalidStateException"),
            ("Creating", "KMSInvalidStateException"),
            ("SomethingNew", "KMSInvalidStateException"),
        ],
    )
    def test_no_use_in_a_state_that_forbids_it_and_a_description_in_every_one(self, kms, portal, key, state, refusal):
        self.enter(kms, key, state)
        assert {name: code(call) for name, call in uses(portal, key).items()} == dict.fromkeys(
            uses(portal, key), refusal
        )
        described = portal.describe_key(KeyId=key.arn)["KeyMetadata"]
        assert (described["KeyState"], described["Enabled"]) == (state, False)

    def test_a_key_that_is_enabled_again_opens_what_it_encrypted(self, kms, portal, key):
        made = generated(portal, key)
        kms.on_key("DisableKey", key)
        kms.on_key("EnableKey", key)
        opened = portal.decrypt(KeyId=key.arn, CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
        assert opened["Plaintext"] == made["Plaintext"]

    def test_a_deletion_that_is_cancelled_leaves_a_disabled_key(self, kms, portal, key):
        kms.on_key("ScheduleKeyDeletion", key, PendingWindowInDays=7)
        assert portal.describe_key(KeyId=key.arn)["KeyMetadata"]["DeletionDate"]
        with pytest.raises(Refusal, match="KMSInvalidState"):
            kms.on_key("EnableKey", key)
        kms.on_key("CancelKeyDeletion", key)
        assert portal.describe_key(KeyId=key.arn)["KeyMetadata"]["KeyState"] == "Disabled"

    @pytest.mark.parametrize("days", [0, 6, 31])
    def test_the_waiting_period_is_7_to_30_days(self, kms, key, days):
        with pytest.raises(Refusal, match="between 7 and 30"):
            kms.on_key("ScheduleKeyDeletion", key, PendingWindowInDays=days)

    def test_after_the_waiting_period_nobody_finds_the_key_and_strangers_are_not_told_why(
        self, kms, portal, owner, key
    ):
        kms.on_key("ScheduleKeyDeletion", key, PendingWindowInDays=7)
        kms.advance(days=7.1)
        assert code(lambda: owner.describe_key(KeyId=key.arn)) == "NotFoundException"
        kms.advance(days=-7.1)

    def test_a_key_of_nowhere_is_refused_in_the_words_for_who_asks(self, kms, portal, owner, key):
        other = key.arn.replace(key.key_id, "00000000-0000-0000-0000-000000000000")
        assert code(lambda: portal.describe_key(KeyId=other)) == "AccessDeniedException"
        assert code(lambda: owner.describe_key(KeyId=other)) == "NotFoundException"

    def test_an_arn_of_another_region_is_not_found(self, client, key):
        assert code(lambda: client(region="us-east-1").describe_key(KeyId=key.arn)) == "NotFoundException"


class TestPolicies:
    def test_a_role_that_the_policy_does_not_name_may_nothing(self, kms, client, key):
        stranger = client(kms.credentials_of(kms.add_role("another")))
        assert {code(call) for call in uses(stranger, key).values()} == {"AccessDeniedException"}
        assert code(lambda: stranger.describe_key(KeyId=key.arn)) == "AccessDeniedException"

    @pytest.mark.parametrize("context", [{}, {"ascend:organization": "one"}, {**CONTEXT, "ascend:organization": "two"}])
    def test_a_condition_on_the_context_refuses_another_one_and_none(self, portal, key, context):
        call = lambda: portal.encrypt(KeyId=key.arn, Plaintext=b"x", EncryptionContext=context)  # noqa: E731
        assert code(call) == "AccessDeniedException"

    def test_a_description_has_no_context_so_a_condition_on_it_refuses(self, kms, portal, key, role):
        statement = json.loads(byok_policy(role, CONTEXT))["Statement"][1] | {"Action": "kms:*"}
        kms.put_policy(key, json.dumps({"Statement": [owner_statement(key.account), statement]}))
        assert code(lambda: portal.describe_key(KeyId=key.arn)) == "AccessDeniedException"

    def test_a_statement_that_denies_beats_one_that_allows(self, kms, portal, key, role):
        statements = json.loads(byok_policy(role, CONTEXT))["Statement"]
        deny = {"Effect": "Deny", "Principal": "*", "Action": ["kms:Decrypt"], "Resource": "*"}
        kms.put_policy(key, json.dumps({"Statement": [*statements, deny]}))
        assert code(uses(portal, key)["Decrypt"]) == "AccessDeniedException"
        generated(portal, key)

    def test_a_role_that_is_made_again_is_another_one_until_the_policy_is_saved_again(self, kms, client, key, role):
        kms.world.identities.remove_role(role)
        kms.add_role("ascend-byok-service")
        again = client(kms.credentials_of(role))
        assert code(lambda: generated(again, key)) == "AccessDeniedException"
        kms.put_policy(key, key.policy.text)
        assert generated(again, key)["KeyId"] == key.arn

    @pytest.mark.parametrize(
        "statement",
        [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:role/nobody"}, "Action": "kms:*"},
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "kms:*",
                "Condition": {"IpAddress": {"aws:SourceIp": "::"}},
            },
            {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Condition": {"StringEquals": {"aws:X": "y"}}},
            {"Effect": "Allow", "Principal": "*", "NotAction": "kms:*", "Action": "kms:Decrypt"},
            {"Effect": "Deny", "Principal": "*", "Action": "kms:*"},
        ],
    )
    def test_a_policy_that_cannot_be_evaluated_or_locks_its_owner_out_is_refused(self, kms, key, statement):
        with pytest.raises(Refusal, match="MalformedPolicyDocument"):
            kms.put_policy(key, json.dumps({"Statement": [owner_statement(key.account), statement]}))

    def test_the_policy_cannot_be_read_from_another_account(self, portal, owner, key):
        assert code(lambda: portal.get_key_policy(KeyId=key.arn)) == "AccessDeniedException"
        assert "ascend:organization" in owner.get_key_policy(KeyId=key.arn)["Policy"]


class TestIdentities:
    def test_a_role_is_assumed_with_its_external_id_only(self, kms, client, role):
        arn = kms.add_role("access", account="222222222222", trusts=role, external_id="one")
        sts = client(service="sts")
        for wrong in ({}, {"ExternalId": "two"}):
            assert code(lambda: sts.assume_role(RoleArn=arn, RoleSessionName="portal", **wrong)) == "AccessDenied"  # noqa: B023
        given = sts.assume_role(RoleArn=arn, RoleSessionName="portal", ExternalId="one")["Credentials"]
        session = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        assert client(session, service="sts").get_caller_identity()["Account"] == "222222222222"

    def test_a_session_that_is_over_is_refused(self, kms, client, role, key):
        short = client(kms.credentials_of(role, seconds=900))
        generated(short, key)
        kms.advance(minutes=16)
        assert code(lambda: generated(short, key)) == "ExpiredTokenException"
        kms.advance(minutes=-16)

    def test_wrong_credentials_are_told_apart(self, kms, client, role, key):
        real = kms.credentials_of(role)
        forged = Credentials(real.access_key, "wrong", real.token)
        assert code(lambda: generated(client(forged), key)) == "InvalidSignatureException"
        unknown = Credentials("AKIAUNKNOWN", "x")
        assert code(lambda: generated(client(unknown), key)) == "UnrecognizedClientException"

    def test_a_request_without_a_signature_is_refused(self, kms):
        request = urllib.request.Request(kms.url, b"{}", {"X-Amz-Target": "TrentService.ListKeys"})  # noqa: S310
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(request)  # noqa: S310
        assert json.load(refusal.value)["__type"] == "MissingAuthenticationTokenException"


class TestReplicas:
    @pytest.fixture
    def primary(self, kms, role):
        key = kms.create_key(MultiRegion=True, policy=byok_policy(role, CONTEXT))
        kms.on_key("ReplicateKey", key, ReplicaRegion="eu-west-1", Policy=byok_policy(role, CONTEXT))
        return key

    def replica(self, kms, primary):
        return kms.world.keys.get(primary.arn.replace("eu-central-1", "eu-west-1"))

    def test_a_replica_opens_what_the_primary_encrypted(self, kms, client, portal, primary):
        made, replica = generated(portal, primary), self.replica(kms, primary)
        there = client(region="eu-west-1")
        opened = there.decrypt(KeyId=replica.arn, CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
        assert opened["Plaintext"] == made["Plaintext"]
        assert opened["KeyId"] == replica.arn

    def test_each_replica_has_a_state_of_its_own(self, kms, client, portal, primary):
        kms.on_key("DisableKey", primary)
        assert code(lambda: generated(portal, primary)) == "DisabledException"
        generated(client(region="eu-west-1"), self.replica(kms, primary))

    def test_a_primary_waits_for_its_replicas_before_its_own_waiting_period(self, kms, portal, primary):
        kms.on_key("ScheduleKeyDeletion", primary, PendingWindowInDays=7)
        described = portal.describe_key(KeyId=primary.arn)["KeyMetadata"]
        assert (described["KeyState"], described["PendingDeletionWindowInDays"]) == ("PendingReplicaDeletion", 7)
        assert "DeletionDate" not in described
        kms.on_key("ScheduleKeyDeletion", self.replica(kms, primary), PendingWindowInDays=7)
        kms.advance(days=7.1)
        assert kms.on_key("DescribeKey", primary)["KeyMetadata"]["KeyState"] == "PendingDeletion"
        kms.advance(days=-7.1)

    def test_the_description_names_them_all(self, portal, primary):
        configuration = portal.describe_key(KeyId=primary.arn)["KeyMetadata"]["MultiRegionConfiguration"]
        assert configuration["MultiRegionKeyType"] == "PRIMARY"
        assert [replica["Region"] for replica in configuration["ReplicaKeys"]] == ["eu-west-1"]
        assert primary.key_id.startswith("mrk-")


class TestImports:
    @pytest.fixture
    def empty(self, kms, role):
        return kms.create_key(Origin="EXTERNAL", policy=byok_policy(role, CONTEXT))

    def wrapped(self, owner, key, material, *, algorithm="RSAES_OAEP_SHA_256", spec="RSA_2048"):
        given = owner.get_parameters_for_import(KeyId=key.arn, WrappingAlgorithm=algorithm, WrappingKeySpec=spec)
        public = serialization.load_der_public_key(given["PublicKey"])
        if algorithm == "RSAES_OAEP_SHA_256":
            return given["ImportToken"], public.encrypt(material, OAEP)
        ephemeral = os.urandom(32)
        return given["ImportToken"], public.encrypt(ephemeral, OAEP) + aes_key_wrap_with_padding(ephemeral, material)

    def bring(self, owner, key, material, *, algorithm="RSAES_OAEP_SHA_256", **options):
        token, blob = self.wrapped(owner, key, material, algorithm=algorithm)
        expiry = {} if "ValidTo" in options else {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        return owner.import_key_material(
            KeyId=key.arn, ImportToken=token, EncryptedKeyMaterial=blob, **{**expiry, **options}
        )

    def test_without_material_it_encrypts_nothing(self, owner, empty):
        assert owner.describe_key(KeyId=empty.arn)["KeyMetadata"]["KeyState"] == "PendingImport"
        assert code(lambda: generated(owner, empty)) == "KMSInvalidStateException"

    @pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"])
    def test_material_under_either_wrap_is_the_one_in_force(self, owner, portal, empty, algorithm):
        imported = self.bring(owner, empty, os.urandom(32), algorithm=algorithm)
        assert generated(portal, empty)["KeyMaterialId"] == imported["KeyMaterialId"]
        assert portal.describe_key(KeyId=empty.arn)["KeyMetadata"]["ExpirationModel"] == "KEY_MATERIAL_DOES_NOT_EXPIRE"

    def test_a_wrapping_key_of_4096_bits_is_one(self, owner, empty):
        given = owner.get_parameters_for_import(
            KeyId=empty.arn, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_4096"
        )
        assert serialization.load_der_public_key(given["PublicKey"]).key_size == 4096

    @pytest.mark.parametrize(
        ("change", "refusal"),
        [
            ({"ImportToken": b"x" * 64}, "InvalidImportTokenException"),
            ({"EncryptedKeyMaterial": b"x" * 256}, "InvalidCiphertextException"),
            ({"EncryptedKeyMaterial": b"x"}, "InvalidCiphertextException"),
            ({"ExpirationModel": "KEY_MATERIAL_EXPIRES"}, "ValidationException"),
            ({"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": 4_102_444_800}, "ValidationException"),
        ],
    )
    def test_a_wrong_import_is_refused(self, owner, empty, change, refusal):
        token, blob = self.wrapped(owner, empty, os.urandom(32))
        given = {"ImportToken": token, "EncryptedKeyMaterial": blob, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        assert code(lambda: owner.import_key_material(KeyId=empty.arn, **{**given, **change})) == refusal

    @pytest.mark.parametrize("size", [16, 31, 33])
    def test_material_of_another_size_is_refused(self, owner, empty, size):
        assert code(lambda: self.bring(owner, empty, os.urandom(size))) == "IncorrectKeyMaterialException"

    def test_a_token_is_of_one_key_and_of_one_day(self, kms, owner, empty):
        token, blob = self.wrapped(owner, empty, os.urandom(32))
        other = kms.create_key(Origin="EXTERNAL")
        give = lambda key: owner.import_key_material(  # noqa: E731
            KeyId=key.arn, ImportToken=token, EncryptedKeyMaterial=blob, ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE"
        )
        assert code(lambda: give(other)) == "InvalidImportTokenException"
        kms.advance(hours=25)
        assert code(lambda: give(empty)) == "ExpiredImportTokenException"
        kms.advance(hours=-25)

    def test_deleted_material_can_be_brought_again_and_other_material_cannot(self, owner, portal, empty):
        material = os.urandom(32)
        self.bring(owner, empty, material)
        made = generated(portal, empty)
        owner.delete_imported_key_material(KeyId=empty.arn)
        assert code(lambda: generated(portal, empty)) == "KMSInvalidStateException"
        assert code(lambda: self.bring(owner, empty, os.urandom(32))) == "IncorrectKeyMaterialException"
        self.bring(owner, empty, material)
        opened = portal.decrypt(KeyId=empty.arn, CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
        assert opened["Plaintext"] == made["Plaintext"]

    def test_material_expires(self, kms, owner, portal, empty):
        self.bring(owner, empty, os.urandom(32), ValidTo=kms.world.clock.now() + 3600)
        assert portal.describe_key(KeyId=empty.arn)["KeyMetadata"]["ValidTo"]
        generated(portal, empty)
        kms.advance(minutes=61)
        assert code(lambda: generated(owner, empty)) == "KMSInvalidStateException"
        assert owner.describe_key(KeyId=empty.arn)["KeyMetadata"]["KeyState"] == "PendingImport"
        kms.advance(minutes=-61)

    def test_new_material_waits_for_a_rotation_and_the_old_one_still_opens(self, owner, portal, empty):
        self.bring(owner, empty, os.urandom(32))
        made = generated(portal, empty)
        assert code(lambda: owner.rotate_key_on_demand(KeyId=empty.arn)) == "KMSInvalidStateException"
        imported = self.bring(owner, empty, os.urandom(32), ImportType="NEW_KEY_MATERIAL")
        assert generated(portal, empty)["KeyMaterialId"] == made["KeyMaterialId"]
        owner.rotate_key_on_demand(KeyId=empty.arn)
        assert generated(portal, empty)["KeyMaterialId"] == imported["KeyMaterialId"]
        portal.decrypt(KeyId=empty.arn, CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)


class TestRotation:
    def test_a_rotation_on_demand_shows_in_every_answer_and_old_ciphertexts_open(self, kms, owner, portal, key):
        made = generated(portal, key)
        kms.on_key("RotateKeyOnDemand", key)
        current = portal.describe_key(KeyId=key.arn)["KeyMetadata"]["CurrentKeyMaterialId"]
        assert generated(portal, key)["KeyMaterialId"] == current != made["KeyMaterialId"]
        opened = portal.decrypt(KeyId=key.arn, CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
        assert opened["KeyMaterialId"] == made["KeyMaterialId"]
        assert len(owner.list_key_rotations(KeyId=key.arn)["Rotations"]) == 1

    def test_25_rotations_on_demand_are_the_most(self, kms, key):
        for _ in range(25):
            kms.on_key("RotateKeyOnDemand", key)
        with pytest.raises(Refusal, match="LimitExceeded"):
            kms.on_key("RotateKeyOnDemand", key)

    def test_the_schedule_shows_across_accounts_and_the_history_does_not(self, kms, portal, key):
        kms.on_key("EnableKeyRotation", key, RotationPeriodInDays=90)
        assert portal.get_key_rotation_status(KeyId=key.arn)["RotationPeriodInDays"] == 90
        assert code(lambda: portal.list_key_rotations(KeyId=key.arn)) == "AccessDeniedException"
        with pytest.raises(Refusal, match="between 90 and 2560"):
            kms.on_key("EnableKeyRotation", key, RotationPeriodInDays=30)


class TestFaults:
    def test_the_nth_call_is_met_and_no_other(self, kms, portal, key):
        fault = kms.faults.throttle("GenerateDataKey", times=2)
        fault.skip = 1
        generated(portal, key)
        assert [code(lambda: generated(portal, key)) for _ in range(2)] == ["ThrottlingException"] * 2
        generated(portal, key)

    def test_an_answer_is_held_back_after_the_work_is_done(self, kms, client, key):
        import threading

        slow = client()
        with kms.faults.held_back("GenerateDataKey") as fault:
            answers = []
            thread = threading.Thread(target=lambda: answers.append(generated(slow, key)))
            thread.start()
            assert fault.reached.wait(5)
            assert kms.calls[-1].outcome == "ok"
            assert answers == []
        thread.join(5)
        assert len(answers) == 1

    def test_a_garbled_answer_is_none(self, kms, portal, key):
        kms.faults.garble("GenerateDataKey")
        # boto3 takes a page for an answer without members: whoever uses it must look for them.
        assert set(generated(portal, key)) == {"ResponseMetadata"}

    def test_the_log_of_calls_says_who_asked_what_and_what_came_of_it(self, kms, portal, key, role):
        since = len(kms.calls)
        made = generated(portal, key)
        kms.on_key("DisableKey", key)
        code(lambda: generated(portal, key))
        first, second = kms.calls[since:]
        assert (first.operation, first.key_id, first.context, first.outcome) == (
            "GenerateDataKey",
            key.arn,
            CONTEXT,
            "ok",
        )
        assert first.request_id == made["ResponseMetadata"]["RequestId"]
        assert first.caller.role.arn == role
        assert second.outcome == "DisabledException"
        assert made["Plaintext"].hex() not in repr(first)


def test_it_runs_as_a_process_that_others_can_drive():
    process = subprocess.Popen(
        [sys.executable, "-m", "ascend.testing.kms", "--control"], stdout=subprocess.PIPE, text=True
    )
    try:
        url = process.stdout.readline().strip()

        def control(verb, **about):
            request = urllib.request.Request(f"{url}/_control", json.dumps({verb: about}).encode())  # noqa: S310
            with urllib.request.urlopen(request) as answer:  # noqa: S310
                return json.load(answer)

        arn = control("create_key")["arn"]
        control("on_key", operation="DisableKey", arn=arn)
        assert control("on_key", operation="DescribeKey", arn=arn)["KeyMetadata"]["KeyState"] == "Disabled"
        assert control("calls") == {"calls": []}
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()


def test_nobody_drives_a_server_that_was_not_started_for_it(kms):
    request = urllib.request.Request(f"{kms.url}/_control", b'{"calls": {}}')  # noqa: S310
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request)  # noqa: S310


def test_the_guide_s_example_works(ascend_kms, kms):
    """docs/guides/strict-kms.md."""
    import re
    from pathlib import Path

    guide = (Path(__file__).parents[3] / "docs/guides/strict-kms.md").read_text()
    code = re.search(r"```python\n(.*?)```", guide, re.DOTALL)[1]
    namespace = {"pytest": pytest}
    exec(code, namespace)  # noqa: S102  (our own page)
    namespace["test_a_disabled_key_stops_us"](ascend_kms)
    assert ascend_kms.calls[-1].outcome == "DisabledException"
