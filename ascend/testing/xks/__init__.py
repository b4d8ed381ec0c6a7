"""An external key store for tests: a proxy of AWS's XKS API, version 1, that checks signatures, states and contexts.

`with XksProxy() as proxy:` starts one; `proxy.keys["key-1"].status = "DISABLED"` is what its owner does. Written from
the specification (aws/aws-kms-xksproxy-api-spec, 1.0.3); botocore and curl sign requests that it accepts.
"""

from ascend.testing.xks.keys import ProxyKey
from ascend.testing.xks.server import Credential, XksProxy

__all__ = ["Credential", "ProxyKey", "XksProxy"]
