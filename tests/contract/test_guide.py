"""The provider of the guide is a whole one: it passes the contract as it is printed."""

import re
from pathlib import Path

import pytest

from tests.contract.provider_contract import ProviderContract

GUIDE = (Path(__file__).parents[2] / "docs/guides/providers.md").read_text()


class TestTheProviderOfTheGuide(ProviderContract):
    @pytest.fixture
    def provider(self):
        [code] = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
        names = {}
        exec(code, names)  # noqa: S102 - the page is ours, and this is its test
        return names["ShelfProvider"]()

    @pytest.fixture
    def uri(self, provider):
        provider.provision("shelf:one")
        return "shelf:one"

    @pytest.fixture
    def other_uri(self, provider):
        provider.provision("shelf:two")
        return "shelf:two"

    @pytest.fixture
    def missing_uri(self):
        return "shelf:none"
