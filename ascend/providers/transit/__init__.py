"""Master keys in the transit engine of OpenBao or HashiCorp Vault.

`store` says where it is, `token` who we are there, `wrapped` is what is stored, `errors` what an answer means,
`provider` is the contract.
"""
