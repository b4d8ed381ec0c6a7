"""What the API takes. What it does not know, it refuses: a misspelt field is never silently nothing."""

from typing import Any, Final

from django.utils.text import slugify
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.forms.sign_in import MAX_PASSWORD_CHARACTERS
from ascend.providers.aws_kms import arn
from byok.forms.registration import usable_key, usable_role
from byok.models.registrations import ALIAS_CHARACTERS, Access
from byok.services.proving import CIPHERTEXT_CHARACTERS
from byok.services.registering import Details
from byok.services.rotating import KINDS

REASON_CHARACTERS: Final = 500
DESCRIPTION_CHARACTERS: Final = 200
LARGEST_PAGE: Final = 1000
USUAL_PAGE: Final = 100


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not have, each by its name."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked fields."""
        if isinstance(data, dict):
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
        return super().to_internal_value(data)


class NothingInput(StrictSerializer):
    """No field at all."""


class KeyInput(StrictSerializer):
    """Which key, and how the portal reaches it."""

    cmk_arn = serializers.CharField(max_length=arn.ARN_CHARACTERS)
    cmk_alias = serializers.SlugField(max_length=ALIAS_CHARACTERS)
    role_arn = serializers.CharField(max_length=arn.ARN_CHARACTERS, required=False)

    def validate_cmk_arn(self, typed: str) -> str:
        """Return the ARN, checked for its form and its Region."""
        return usable_key(typed)

    def validate_role_arn(self, typed: str) -> str:
        """Return the role's ARN, checked for its form."""
        return usable_role(typed)

    def details(self) -> Details:
        """Return what was said."""
        said = self.validated_data
        role = said.get("role_arn", "")
        return Details(said["cmk_arn"], said["cmk_alias"], Access.ROLE if role else Access.KEY_POLICY, role)


class ConfigureInput(StrictSerializer):
    """The older form of registering: an ARN and a description."""

    kms_key_arn = serializers.CharField(max_length=arn.ARN_CHARACTERS)
    description = serializers.CharField(max_length=DESCRIPTION_CHARACTERS, required=False, default="")

    def validate_kms_key_arn(self, typed: str) -> str:
        """Return the ARN, checked for its form and its Region."""
        return usable_key(typed)

    def details(self) -> Details:
        """Return what was said; the name in the portal is made from the description."""
        said = self.validated_data
        alias = slugify(said["description"])[:ALIAS_CHARACTERS].strip("-")
        return Details(said["kms_key_arn"], alias or "customer-key")


class ProofInput(StrictSerializer):
    """What the proof command printed."""

    ciphertext = serializers.CharField(max_length=CIPHERTEXT_CHARACTERS)


class ConfirmedInput(StrictSerializer):
    """A base for what a page asks the password for, too."""

    password = serializers.CharField(max_length=MAX_PASSWORD_CHARACTERS, trim_whitespace=False, write_only=True)


class ActivateInput(ConfirmedInput):
    """Why."""

    reason = serializers.CharField(max_length=REASON_CHARACTERS)


class RotateInput(StrictSerializer):
    """What is rotated, and why."""

    rotation_type = serializers.ChoiceField(choices=KINDS)
    reason = serializers.CharField(max_length=REASON_CHARACTERS)


class _Said(serializers.BooleanField):
    """JSON's true or false. A signature is not read out of "yes" or 1."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError(_("This is true or false."))
        return data


class AcknowledgeInput(ConfirmedInput):
    """The three statements, and optionally the version that was read."""

    acknowledge_data_loss_risk = _Said()
    acknowledge_key_management_responsibility = _Said()
    acknowledge_no_liability = _Said()
    version = serializers.CharField(max_length=20, required=False)


class AuditInput(StrictSerializer):
    """How many events, and where the page before ended."""

    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=USUAL_PAGE)
    before = serializers.UUIDField(required=False)
