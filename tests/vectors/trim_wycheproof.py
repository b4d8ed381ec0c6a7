"""Cut Wycheproof's files down to what our functions take: 256-bit keys (SIV: 512), and every HKDF case.

git clone https://github.com/C2SP/wycheproof && python tests/vectors/trim_wycheproof.py wycheproof/testvectors_v1
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent


def trim(source: Path, name: str, *, key_bits: int | None) -> None:
    document = json.loads((source / name).read_text())
    groups = [group for group in document["testGroups"] if key_bits in (None, group["keySize"])]
    document["testGroups"] = groups
    document["numberOfTests"] = sum(len(group["tests"]) for group in groups)
    (HERE / f"wycheproof_{name}").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    origin = Path(sys.argv[1])
    trim(origin, "aes_gcm_test.json", key_bits=256)
    trim(origin, "aes_siv_cmac_test.json", key_bits=512)
    trim(origin, "hmac_sha256_test.json", key_bits=256)
    trim(origin, "hkdf_sha256_test.json", key_bits=None)
