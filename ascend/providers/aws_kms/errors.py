"""From what boto3 raises to what the contract knows."""

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ascend.providers.aws_kms.findings import BY_NAME, Finding, meaning
from ascend.providers.contract import ProviderError

UNREACHABLE = (exceptions.HTTPClientError, exceptions.ConnectionError, exceptions.IncompleteReadError)


def translated(error: ClientError | BotoCoreError | ResponseParserError) -> ProviderError:
    """Return the contract's error, with AWS's own code in its cause."""
    finding = finding_of(error)
    return finding.error(f"({_code(error)})" if finding.name != "malformed" else "")


def finding_of(error: Exception) -> Finding:
    """Return what it means."""
    if isinstance(error, ClientError):
        answer, status = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        return meaning(
            str(answer.get("Code", "")),
            str(answer.get("Message", "")),
            int(status.get("HTTPStatusCode", 0)),
            operation=error.operation_name,
        )
    if isinstance(error, ResponseParserError):
        return BY_NAME["malformed"]
    return BY_NAME["unreachable" if isinstance(error, UNREACHABLE) else "credentials"]


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "")) or "no code"
    return type(error).__name__
