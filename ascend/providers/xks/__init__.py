"""Hold your own key: a client of AWS's external key store proxy API, version 1. The key never leaves its owner.

`store` says where the proxy is, `signature` signs, `proxy` calls, `wrapped` is what is stored, `errors` what an answer
means, `provider` is the contract.
"""
