"""The keychain: keys of four levels, leases, revocation. `keyring` is what fields and files use.

Nothing is imported here: the tables need Django's registry to be ready.
"""
