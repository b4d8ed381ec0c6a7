"""A strict KMS, the portal's role, a customer's key that lets it in for one organization, and boto3 clients."""

import boto3
import pytest
from botocore.config import Config

from ascend.testing.kms import StrictKms, byok_policy
from ascend.testing.pytest_plugin import ascend_kms  # noqa: F401  (a fixture; found by itself where we are installed)

CONTEXT = {"ascend:organization": "one", "ascend:deployment": "tests"}


@pytest.fixture(scope="module")
def kms():
    with StrictKms() as server:
        yield server


@pytest.fixture(autouse=True)
def _in_order(kms):
    yield
    kms.faults.clear()


@pytest.fixture
def role(kms):
    return kms.add_role("ascend-byok-service")


@pytest.fixture
def key(kms, role):
    return kms.create_key(policy=byok_policy(role, CONTEXT))


@pytest.fixture
def client(kms, role):
    """Return a boto3 client of the portal's role, or of whom the test says."""

    def make(credentials=None, *, service="kms", region="eu-central-1", url=None, **options):
        config = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=30)
        who = (credentials or kms.credentials_of(role)).as_arguments()
        return boto3.client(service, region_name=region, endpoint_url=url or kms.url, config=config, **who, **options)

    return make


@pytest.fixture
def portal(client):
    return client()


@pytest.fixture
def owner(kms, client):
    return client(kms.root())
