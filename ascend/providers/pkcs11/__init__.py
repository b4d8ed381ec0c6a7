"""Master keys in an HSM that speaks PKCS#11: SoftHSM2, AWS CloudHSM, Thales Luna, Azure Dedicated HSM (extra `pkcs11`).

`address` says which key, `thread` who may speak to the module, `token` how it is logged in, `gcm` what is wrapped,
`errors` what an answer means, `provider` is the contract.
"""
