"""The two operations of STS that a key service needs: who am I, and let me be this role."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from ascend.testing.kms.call import Call
from ascend.testing.kms.identities import SESSION_SECONDS
from ascend.testing.kms.refusals import FORBIDDEN, Refusal, invalid

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
SESSION_RANGE = range(900, 43_201)


def get_caller_identity(call: Call) -> str:
    """Show who signed."""
    caller = call.caller
    return f"<Arn>{escape(caller.arn)}</Arn><UserId>{caller.user_id}</UserId><Account>{caller.account}</Account>"


def assume_role(call: Call) -> str:
    """Give the credentials of a role, if its trust policy agrees, the external id included."""
    role = call.world.identities.role(str(call.params.get("RoleArn")))
    seconds = int(call.params.get("DurationSeconds", SESSION_SECONDS))
    if seconds not in SESSION_RANGE:
        raise invalid("DurationSeconds must be between 900 and 43200.")
    external_id = call.params.get("ExternalId")
    values = {"sts:ExternalId": [str(external_id)]} if external_id is not None else {}
    request = call.caller.request("sts:AssumeRole", values)
    if role is None or role.trust is None or not role.trust.decides(request) or not call.caller.may("sts:AssumeRole"):
        message = f"User: {call.caller.arn} is not authorized to perform: sts:AssumeRole"
        raise Refusal("AccessDenied", message, status=FORBIDDEN)
    name = str(call.params.get("RoleSessionName"))
    credentials = call.world.identities.open_session(role, name, seconds=seconds)
    ends = datetime.fromtimestamp(call.now + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f"<Credentials><AccessKeyId>{credentials.access_key}</AccessKeyId>"
        f"<SecretAccessKey>{credentials.secret_key}</SecretAccessKey><SessionToken>{credentials.token}</SessionToken>"
        f"<Expiration>{ends}</Expiration></Credentials>"
    )


def answer(operation: str, inner: str, request_id: str) -> bytes:
    """Return an answer as STS writes it."""
    return (
        f'<{operation}Response xmlns="{NAMESPACE}"><{operation}Result>{inner}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    ).encode()


def refusal(error: Refusal, request_id: str) -> bytes:
    """Return an error as STS writes it."""
    return (
        f'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


OPERATIONS: Mapping[str, Callable[[Call], str]] = {
    "GetCallerIdentity": get_caller_identity,
    "AssumeRole": assume_role,
}
